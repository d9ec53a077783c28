"""Child processes of the bench: started in a group of their own, and gone when the bench is."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

from voice_pipeline.errors import VoiceError


class Child:
    """A process with JSON lines on stdin and stdout, its log in a file. A context manager."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str], cwd: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                env=dict(env),
                cwd=cwd,
                text=True,
                start_new_session=True,
            )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def send(self, line: str) -> None:
        """One line to its stdin.

        Raises:
            VoiceError: it has ended.
        """
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise self.ended() from error

    def ended(self) -> VoiceError:
        """What to raise when it is gone."""
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
        return VoiceError(f"{self.log.stem} ended:\n{tail}", f"Its log: {self.log}")

    def stop(self, timeout_s: float = 4.0) -> None:
        """Close its stdin, then SIGTERM, then SIGKILL to its whole group."""
        with suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        for number, wait_s in ((0, 1.0), (signal.SIGTERM, timeout_s), (signal.SIGKILL, timeout_s)):
            with suppress(ProcessLookupError):
                if number:
                    os.killpg(self.process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(wait_s)
                break
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # a grandchild that outlived it
        if self.process.stdout is not None:
            self.process.stdout.close()


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time used so far by these processes and all below them, user and system together."""
    total = 0.0
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            for process in [root, *root.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    total += sum(process.cpu_times()[:2])
    return total
