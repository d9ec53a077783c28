"""A real PulseAudio for tests: started as an ordinary user in a folder of its own, with modules as its sound cards.

Loading a module plugs a card in, unloading it pulls it out; streams live through exactly what they live through on a desk.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from voice_pipeline.model_store import cache_root

_ANSWERS_S = 60.0  # a loaded machine starts it in a second, one that stalls takes its time


class SoundServer:
    """Runs until close(). `programs`: the folder of pulseaudio and pactl; `root`: where they were unpacked, if they were."""

    def __init__(self, programs: Path, folder: Path, root: Path | None) -> None:
        self._programs = programs
        socket = folder / "native"
        self.address = f"unix:{socket}"
        # No session, no bus, no display: only this folder.
        self._env = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        self._env |= {"PULSE_SERVER": self.address, "LC_ALL": "C"}
        self.library_path = os.environ.get("LD_LIBRARY_PATH", "")  # with which a process finds libpulse
        options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"]
        options.append("--high-priority=yes")  # as on a desk, where the session grants it; here where we are root
        if root is not None:
            modules = next(root.rglob("module-null-sink.so")).parent
            libraries = _library_folders(root)
            self.library_path = ":".join([*libraries, os.environ.get("LD_LIBRARY_PATH", "")])
            self._env["LD_LIBRARY_PATH"] = self.library_path
            options.append(f"--dl-search-path={modules}")
        self._command = [str(programs / "pulseaudio"), *options]
        self._command.append(f"--load=module-native-protocol-unix auth-anonymous=1 socket={socket}")
        self._log = folder / "log"
        self.start()

    def start(self) -> None:
        """Start it, as after stop()."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._env, stdout=log, stderr=log)
        deadline = time.monotonic() + _ANSWERS_S
        while self._ask("info").returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"PulseAudio does not start:\n{self._log.read_text(errors='replace')}")

    def stop(self) -> None:
        """End it; every stream dies."""
        self._process.terminate()
        try:
            self._process.wait(60.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(60.0)

    def pactl(self, *words: str) -> str:
        """Run pactl; its output."""
        done = self._ask(*words)
        assert done.returncode == 0, f"pactl {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def plug(self, module: str, **options: object) -> str:
        """Load a module; the handle for unplug()."""
        return self.pactl("load-module", f"module-{module}", *(f"{k}={v}" for k, v in options.items()))

    def speaker(self, name: str, description: str = "", rate: int = 48_000, channels: int = 2) -> str:
        """Plug in a loudspeaker whose sound can be heard at NAME.monitor."""
        properties = f"\"device.description='{description or name}'\""
        return self.plug("null-sink", sink_name=name, sink_properties=properties, rate=rate, channels=channels)

    def microphone(self, name: str, hears: str, description: str = "") -> str:
        """Plug in a microphone that hears what the loudspeaker `hears` plays, at that one's rate and channels."""
        properties = f"\"device.description='{description or name}'\""
        return self.plug("remap-source", source_name=name, master=f"{hears}.monitor", source_properties=properties)

    def unplug(self, handle: str) -> None:
        """Unload a module."""
        self.pactl("unload-module", handle)

    def pull_everything(self) -> None:
        """Unplug all that was plugged in."""
        for line in self.pactl("list", "short", "modules").splitlines():
            handle, module, *_ = line.split("\t")
            if module != "module-native-protocol-unix":
                self._ask("unload-module", handle)  # some went with their master

    def play(self, path: Path, speaker: str) -> subprocess.Popen[bytes]:
        """Begin to play a WAV on a loudspeaker."""
        command = [str(self._programs / "paplay"), f"--device={speaker}", str(path)]
        return subprocess.Popen(command, env=self._env)

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._programs / "pactl"), *words]
        return subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=60)


def start_sound_server(folder: Path) -> SoundServer:
    """Start one, or skip the test with the reason: no PulseAudio on this machine, and none was fetched."""
    unpacked = cache_root() / "sound_server"
    if shutil.which("pulseaudio") and shutil.which("pactl"):
        return SoundServer(Path(shutil.which("pulseaudio") or "").parent, folder, None)
    if not (unpacked / ".complete").exists():
        pytest.skip("no PulseAudio: `sh scripts/sound_server.sh` fetches it where apt-get works")
    root = unpacked / "root"
    _load(root, "libpulse.so.0")
    return SoundServer(root / "usr" / "bin", folder, root)


def _library_folders(root: Path) -> list[str]:
    return sorted({str(p.parent) for p in root.rglob("*.so*")})


def _load(root: Path, name: str) -> None:
    """Load an unpacked library, and what it needs, into this process; then its name alone finds it, as where it is installed.

    Local to itself: Debian's WebRTC library lies there too, and would take over the symbols of the echo canceller's.
    """
    path = next(iter(root.rglob(name)), None)
    if path is None:
        raise RuntimeError(f"{name} is neither on this machine nor in {root}: delete that folder and run make test")
    while True:
        try:
            ctypes.CDLL(str(path), mode=os.RTLD_LOCAL | os.RTLD_NOW)
            return
        except OSError as error:  # "libsndfile.so.1: cannot open shared object file"
            missing = str(error).split(":")[0]
            if missing in (name, str(path)) or "cannot open" not in str(error):
                raise
            _load(root, missing)
