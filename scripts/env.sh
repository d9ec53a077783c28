# Source this (bash) to get the environment that setup made: `. scripts/env.sh`.
# With a system ROS 2 it is that one plus the engines; without, the wheel environment behind .venv.
_vp_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
_vp_env="$(readlink -f "$_vp_root/.venv" 2>/dev/null)"
if [ ! -x "$_vp_env/bin/python" ]; then
  echo "voice_pipeline: no environment yet. Run 'make setup' in $_vp_root first." >&2
  return 1 2>/dev/null || exit 1
fi
export VIRTUAL_ENV="$_vp_env" PATH="$_vp_env/bin:$PATH"
if [ -f "$_vp_env/system-ros" ]; then
  . "$(cat "$_vp_env/system-ros")"
else
  # The wheels re-execute Python to set this path unless it is set already: saves an exec at every start.
  export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
  export LD_LIBRARY_PATH="$_vp_env/lib:$(printf '%s:' "$_vp_env"/lib/python3*/site-packages/ros_*.libs)${LD_LIBRARY_PATH:-}"
  export AMENT_PREFIX_PATH="$_vp_env" CMAKE_PREFIX_PATH="$_vp_env"
  # Nothing leaves the machine unless told to: discovery stays on the loopback interface.
  export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"
fi
for _vp_pkg in audio_common_msgs control_msgs tf2_msgs voice_pipeline; do
  _vp_dir="$_vp_root/.colcon/install/$_vp_pkg"
  [ -d "$_vp_dir" ] || continue
  export AMENT_PREFIX_PATH="$_vp_dir:$AMENT_PREFIX_PATH" LD_LIBRARY_PATH="$_vp_dir/lib:${LD_LIBRARY_PATH:-}"
  for _vp_site in "$_vp_dir"/lib/python3*/site-packages "$_vp_dir"/local/lib/python3*/dist-packages; do
    [ -d "$_vp_site" ] && export PYTHONPATH="$_vp_site${PYTHONPATH:+:$PYTHONPATH}"
  done
done
unset _vp_root _vp_env _vp_pkg _vp_dir _vp_site
