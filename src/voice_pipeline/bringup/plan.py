"""The one list: which nodes run with which parameters, for a profile and the choices of robot and audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voice_pipeline.bringup.budget import budget
from voice_pipeline.bringup.profile import NODES, OPTIONAL, Profile, load_profile
from voice_pipeline.errors import VoiceError

ROBOTS = ("real", "sim", "mujoco", "none")
SIMULATED = ("sim", "mujoco")
AUDIO = ("device", "file", "none")
YES, NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
ANSWER = "build/answer.wav"  # audio:=file in a profile that names no file; as in config/demo.yaml
SIM_PORT = 8765  # not the daemon's own 8000: a real robot on the same machine keeps its port


@dataclass(frozen=True)
class NodeSpec:
    """One node: `name` is also its executable; `overrides` win over the parameter file."""

    name: str
    params_file: Path
    overrides: dict[str, Any] = field(default_factory=dict)

    def ros_args(self, namespace: str = "", log_level: str = "") -> list[str]:
        """The arguments after `--ros-args` that give a process or an rclpy node exactly this configuration."""
        args = ["--params-file", str(self.params_file)]
        for key, value in self.overrides.items():
            # Without the node's name in front: with it, a namespace would keep the value from applying.
            args += ["-p", f"{key}:={_yaml(value)}"]
        if namespace:
            args += ["-r", f"__ns:=/{namespace.strip('/')}"]
        if log_level:
            args += ["--log-level", log_level]
        return args


@dataclass(frozen=True)
class Plan:
    """Everything to start: the nodes, the supervisor that brings them up, and perhaps a simulated robot first."""

    profile: Profile
    nodes: tuple[NodeSpec, ...]
    supervisor: NodeSpec
    simulator_port: int | None  # start a simulated robot there
    simulator_physics: bool = False  # with MuJoCo

    @property
    def all(self) -> tuple[NodeSpec, ...]:
        """Supervisor last: it finds the others waiting."""
        return (*self.nodes, self.supervisor)


def make_plan(
    profile: str,
    *,
    robot: str = "",
    audio: str = "",
    autostart: bool = True,
    use_sim_time: bool = False,
    port: int | str = SIM_PORT,
    only: Sequence[str] = (),
    record: str = "",
    file: str = "",
    answer: str = "",
    overrides: dict[str, dict[str, Any]] | None = None,
) -> Plan:
    """Turn a profile into the list of nodes.

    Args:
        profile: a name ("demo") or a path.
        robot: real (the url of the profile), sim (a simulated one is started on `port`), mujoco (the same with
            physics), none (no motion node); empty keeps what the profile says.
        audio: device, file or none (no microphone, playback to nowhere in real time); empty keeps the profile's.
        autostart: the supervisor brings the nodes up at once; otherwise it waits for its `startup` service.
        only: of the profile's nodes just these (all when empty), and optional ones that it names.
        record: "true" keeps the conversation in the recorder's default folder, a path keeps it there, "false" keeps
            nothing whatever the profile says; empty keeps what the profile says.
        file: a recording to hear in place of the microphone; empty: none.
        answer: the WAV that what is said goes to, in place of the loudspeaker; empty: as `audio` and the profile say.
        overrides: node -> parameter -> value, winning over everything.

    Raises:
        VoiceError: a bad profile or choice, or `port` is none.
    """
    for value, known, what in ((robot, ROBOTS, "robot"), (audio, AUDIO, "audio")):
        if value and value not in known:
            raise VoiceError(f"{what} is '{value}'.", f"Use one of: {', '.join(known)}.")
    port = _port(port)
    loaded = load_profile(profile)
    left_out = {"motion"} if robot == "none" else set()
    left_out |= {"audio_capture"} if audio == "none" else set()
    asked_for = {n for n in only if n in OPTIONAL}
    if record.lower() in NO:
        left_out |= {"recorder"}
    elif record:
        asked_for |= {"recorder"}
    names = [
        n for n in NODES if n not in left_out and (n in asked_for or (n in loaded.nodes and (not only or n in only)))
    ]
    extra: dict[str, dict[str, Any]] = {n: {} for n in names}
    if record and record.lower() not in (*YES, *NO):
        extra["recorder"]["folder"] = str(Path(record).expanduser().absolute())
    if robot in SIMULATED and "motion" in extra:
        extra["motion"].update(robot="reachy_mini", url=f"http://127.0.0.1:{port}")
    if robot == "mujoco" and "motion" in extra:
        extra["motion"].update(settle_s=1.0)  # s: gravity and motors that take time
    own = loaded.parameters.get("motion", {}).get("robot", "none")
    if robot == "real" and "motion" in extra and own == "none":
        extra["motion"].update(robot="reachy_mini")
    for name, values in _audio(loaded, audio, file, answer).items():
        if name in extra:
            extra[name].update(values)
    for name in names:
        extra[name]["autostart"] = False
        if use_sim_time:
            extra[name]["use_sim_time"] = True
        extra[name].update((overrides or {}).get(name, {}))
    asked = {n: {**loaded.parameters.get(n, {}), **extra[n]} for n in names}
    supervisor: dict[str, Any] = {"nodes": names, "bring_up": autostart}
    if note := budget(asked).warning:
        supervisor["note"] = note
    supervisor.update((overrides or {}).get("supervisor", {}))
    return Plan(
        profile=loaded,
        nodes=tuple(NodeSpec(n, loaded.path, extra[n]) for n in names),
        supervisor=NodeSpec("supervisor", loaded.path, supervisor),
        simulator_port=port if robot in SIMULATED and "motion" in names else None,
        simulator_physics=robot == "mujoco",
    )


def _port(value: int | str) -> int:
    """Of a launch file it comes as text."""
    try:
        port = int(value)
    except ValueError:
        port = 0
    if not 0 < port < 65536:
        raise VoiceError(f"sim_port is '{value}'.", "Give a port: a whole number, 1 to 65535.")
    return port


def _audio(profile: Profile, audio: str, file: str, answer: str) -> dict[str, dict[str, Any]]:
    """What `audio`, `file` and `answer` of make_plan mean for the two nodes that touch sound."""
    capture: dict[str, Any] = {"source": audio} if audio else {}
    player: dict[str, Any] = {"sink": "null" if audio == "none" else audio} if audio else {}
    if file:
        if audio == "none":
            raise VoiceError(f"file is '{file}', but audio is 'none': nothing would hear it.", "Leave audio out.")
        path = Path(file).expanduser().absolute()
        if not path.is_file():
            raise VoiceError(f"there is no recording {path}.", "Correct `file`; folders are not read.")
        capture = {"source": "file", "file": str(path)}
    if answer:
        player = {"sink": "file", "file_path": str(Path(answer).expanduser().absolute())}
    elif audio == "file" and not profile.parameters.get("audio_player", {}).get("file_path"):
        player["file_path"] = str(Path(ANSWER).absolute())
    return {"audio_capture": capture, "audio_player": player}


def _yaml(value: Any) -> str:
    """A value as the one-line YAML that rcl's `-p` understands."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_yaml(v) for v in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
