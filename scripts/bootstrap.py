#!/usr/bin/env python3
"""Sets everything up: environment, messages, simulated robot, models. Standard library only: it runs before anything is there.

Each step is skipped when it is done, so that running it again costs a second and needs no network. Nothing is written
outside the checkout and one cache folder ($VOICE_PIPELINE_CACHE, by default voice_pipeline in the user's cache folder).
"""

from __future__ import annotations

import argparse
import glob
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ((3, 10), (3, 11), (3, 12))
DEBIAN = "sudo apt install python3-dev python3-venv g++ cmake make git"


class Problem(Exception):
    """Something the person must mend; the text names the cure."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--models", nargs="*", default=[], metavar="NAME", help="models or sets to fetch (see `make models`)"
    )
    parser.add_argument(
        "--robot", action="store_true", help="also the simulated robot (an environment of its own, 600 MB)"
    )
    parser.add_argument("--offline", action="store_true", help="fail instead of using the network")
    options = parser.parse_args()
    started = time.monotonic()
    try:
        check_python()
        check_tools()
        cache = cache_root()
        venv = environment(cache, options.offline)
        build(venv)
        if options.robot:
            robot_environment(cache, venv, options.offline)
        if options.models:
            models(venv, options.models, options.offline)
    except Problem as problem:
        print(f"\nsetup: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run it again to go on from here.", file=sys.stderr)
        return 130
    say(f"ready ({time.monotonic() - started:.0f} s)")
    return 0


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


# -- the machine


def check_python() -> None:
    """Go on under a supported Python, this one or another on PATH."""
    if sys.version_info[:2] in SUPPORTED:
        return
    for version in ("3.12", "3.11", "3.10"):
        other = shutil.which(f"python{version}")
        if other and subprocess.run([other, "-c", "import venv"], capture_output=True).returncode == 0:
            os.execv(other, [other, *sys.argv])
    raise Problem(
        f"Python {platform.python_version()} is not supported; ROS 2 needs 3.10, 3.11 or 3.12.\n"
        "  Install one of them (sudo apt install python3.11 python3.11-dev python3.11-venv) and run\n"
        "  make setup PYTHON=python3.11"
    )


def check_tools() -> None:
    """Everything that builds the messages is here."""
    missing = [tool for tool in ("cmake", "make", "git") if not shutil.which(tool)]
    if not any(shutil.which(c) for c in (os.environ.get("CC", ""), "cc", "gcc", "clang") if c):
        missing.append("a C compiler")
    if not any(shutil.which(c) for c in (os.environ.get("CXX", ""), "c++", "g++", "clang++") if c):
        missing.append("a C++ compiler")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        missing.append(f"Python's headers (Python.h for {platform.python_version()})")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        missing.append("Python's venv module")
    if missing:
        raise Problem(f"this machine lacks {', '.join(missing)}.\n  On Debian or Ubuntu: {DEBIAN}")
    version = subprocess.run(["cmake", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    if tuple(int(p) for p in version.split(".")[:2]) < (3, 19):
        raise Problem(f"cmake {version} is too old; 3.19 or later is needed.\n  pip install --user cmake")


def system_ros() -> str | None:
    """The setup file of the machine's own ROS 2; None where there is none or VOICE_PIPELINE_ROS=wheels."""
    wanted = os.environ.get("VOICE_PIPELINE_ROS", "")
    if wanted == "wheels":
        return None
    if wanted:
        if not Path(wanted).is_file():
            raise Problem(f"VOICE_PIPELINE_ROS={wanted} is not a file.\n  Name a setup.bash, or `wheels`.")
        return wanted
    found = [p for d in ("humble", "jazzy", "kilted", "lyrical") for p in glob.glob(f"/opt/ros/{d}/setup.bash")]
    return found[0] if found else None


def cache_root() -> Path:
    base = os.environ.get("VOICE_PIPELINE_CACHE")
    root = (
        Path(base or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "voice_pipeline")
        .expanduser()
        .resolve()
    )
    if root == ROOT or ROOT in root.parents:
        raise Problem(
            f"the cache folder {root} lies inside the checkout; CMake refuses that.\n  Set VOICE_PIPELINE_CACHE to a folder outside."
        )
    root.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(root).free < 3e9:
        raise Problem(
            f"{root} has less than 3 GB free.\n  Free some space, or set VOICE_PIPELINE_CACHE to a folder on a larger disk."
        )
    return root


# -- environments


def environment(cache: Path, offline: bool) -> Path:
    """The Python environment of the nodes, behind .venv."""
    ros = system_ros()
    if ros is None and platform.machine() != "x86_64":
        raise Problem(
            f"there is no ROS 2 under /opt/ros, and ROS 2 as wheels exists for x86-64 only (this is {platform.machine()}).\n"
            "  Install ROS 2 Humble or Jazzy (sudo apt install ros-humble-ros-base) and run again."
        )
    lock = ROOT / "requirements" / ("engines.txt" if ros else "wheels.txt")
    what = f"engines for {ros}" if ros else "ROS 2 Jazzy and engines (about 375 MB to download, 1030 MB on disk)"
    venv = make_env(cache, "ros" if ros else "wheels", lock, what, offline, system_site=bool(ros))
    if ros:
        (venv / "system-ros").write_text(ros)
    elif not (venv / ".relocated").exists():
        relocate(venv)
        (venv / ".relocated").touch()
    link(ROOT / ".venv", venv)
    return venv


def robot_environment(cache: Path, venv: Path, offline: bool) -> None:
    """The simulated robot's daemon needs other versions of many packages: an environment of its own."""
    lock = ROOT / "requirements" / "robot.txt"
    env = make_env(
        cache, "robot", lock, "the simulated Reachy Mini (about 240 MB to download, 600 MB on disk)", offline
    )
    link(ROOT / ".venv-robot", env)


def make_env(cache: Path, kind: str, lock: Path, what: str, offline: bool, system_site: bool = False) -> Path:
    """An environment that holds exactly `lock`; named after its contents, so that a changed lock makes a new one."""
    recipe = lock.read_bytes() + f"{sys.version_info[:2]} {platform.machine()}".encode()
    env = (
        cache
        / "envs"
        / f"{kind}-py{sys.version_info[0]}{sys.version_info[1]}-{hashlib.sha256(recipe).hexdigest()[:12]}"
    )
    if (env / ".complete").exists():
        return env
    if offline:
        raise Problem(
            f"the environment for {kind} is not set up and the network is off limits.\n  Run `make setup` online once."
        )
    say(f"installing {what} into {env}")
    shutil.rmtree(env, ignore_errors=True)
    env.parent.mkdir(parents=True, exist_ok=True)
    base = [sys.executable, "-m", "venv", str(env)] + (["--system-site-packages"] if system_site else [])
    run(base, "creating the environment failed", f"On Debian or Ubuntu: {DEBIAN}")
    python = str(env / "bin" / "python")
    quiet = {"_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1", "UV_CACHE_DIR": str(cache / "uv"), "UV_LINK_MODE": "copy"}
    network = "Check the network and run again; what was downloaded is kept."
    bootstrap = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    run(
        [python, *bootstrap, "-r", str(ROOT / "requirements" / "bootstrap.txt")],
        "installing the installer failed",
        network,
        quiet,
    )
    index = subprocess.run([python, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True)
    mirror = os.environ.get("PIP_INDEX_URL") or index.stdout.strip()
    if mirror:
        quiet["UV_DEFAULT_INDEX"] = mirror  # a mirror set up for pip serves here too
    install = ["-m", "uv", "pip", "install", "--python", python, "--require-hashes", "--no-config", "-r", str(lock)]
    run([python, *install], "installing the packages failed", network, quiet)
    shutil.rmtree(cache / "uv", ignore_errors=True)  # its files are in place now; the copies would double the disk use
    (env / ".complete").touch()
    return env


def relocate(venv: Path) -> None:
    """The ROS wheels' CMake files name the Python of the machine that built them; make them name this one."""
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    short = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    there = f"/opt/python/{tag}-{tag}"
    changes = (
        (f"{there}/include/{short}", sysconfig.get_path("include")),
        (f"{there}/lib/{short}/site-packages", str(venv / "lib" / short / "site-packages")),
        (there, str(venv)),
    )
    for path in [
        *venv.glob("share/**/*.cmake"),
        *venv.glob("lib/cmake/**/*.cmake"),
        *venv.glob("share/ament_index/**/*"),
    ]:
        if path.is_file():
            text = path.read_text(errors="surrogateescape")
            if there in text:
                for old, new in changes:
                    text = text.replace(old, new)
                path.write_text(text, errors="surrogateescape")


def link(name: Path, target: Path) -> None:
    if name.is_symlink() or not name.exists():
        if not (name.is_symlink() and Path(os.readlink(name)) == target):
            name.unlink(missing_ok=True)
            name.symlink_to(target)
        return
    raise Problem(f"{name} is a folder that setup did not make.\n  Move it away and run again.")


# -- messages


def build(venv: Path) -> None:
    """Build the messages and install the package, when anything that matters to that has changed."""
    sources = [ROOT / "CMakeLists.txt", ROOT / "package.xml"]
    for pattern in ("msg/*", "action/*", "srv/*", "interfaces/**/*"):
        sources += sorted(ROOT.glob(pattern))
    digest = hashlib.sha256(str(venv).encode())
    for path in sources:
        if path.is_file():
            digest.update(path.read_bytes())
    for folder in ("src", "config", "launch"):  # contents are linked; only new or removed files matter
        names = sorted(str(p.relative_to(ROOT)) for p in (ROOT / folder).rglob("*") if "__pycache__" not in p.parts)
        digest.update("\n".join(names).encode())
    stamp = ROOT / ".colcon" / "stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    say("building the messages (about a minute the first time)")
    python = venv / "bin" / "python"
    ours = sorted(p.parent for p in ROOT.glob("interfaces/*/package.xml"))
    packages = " ".join(str(p.relative_to(ROOT)) for p in ours if not provides(venv, p.name))
    script = f"""
. scripts/env.sh || exit 1
exec colcon --log-base .colcon/log build --symlink-install --base-paths . {packages} \\
  --build-base .colcon/build --install-base .colcon/install --event-handlers console_cohesion- status- \\
  --cmake-args -DPython3_EXECUTABLE={python} -DPYTHON_EXECUTABLE={python} -DBUILD_TESTING=OFF -Wno-dev
"""
    log = ROOT / ".colcon" / "build.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as out:
        code = subprocess.run(["bash", "-c", script], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT).returncode
    if code != 0:
        print("\n".join(log.read_text().splitlines()[-25:]), file=sys.stderr)
        raise Problem(f"building the messages failed; the whole log is {log}.\n  If a compiler is missing: {DEBIAN}")
    stamp.write_text(digest.hexdigest())


def provides(venv: Path, package: str) -> bool:
    """The machine's own ROS has this package."""
    marker = venv / "system-ros"
    if not marker.exists():
        return False
    return (Path(marker.read_text()).parent / "share" / package / "package.xml").exists()


def models(venv: Path, names: list[str], offline: bool) -> None:
    command = f". scripts/env.sh && exec python -m voice_pipeline.commands.models {' '.join(names)}"
    if subprocess.run(["bash", "-c", command + (" --offline" if offline else "")], cwd=ROOT).returncode != 0:
        raise Problem("fetching the models failed (above).")


def run(command: list[str], what: str, cure: str, env: dict[str, str] | None = None) -> None:
    if subprocess.run(command, env={**os.environ, **(env or {})}).returncode != 0:
        raise Problem(f"{what} (above).\n  {cure}")


if __name__ == "__main__":
    sys.exit(main())
