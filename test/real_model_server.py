"""llama.cpp's own HTTP server with a real model, as a process that a test may end, freeze and start again.

`python real_model_server.py FILE.gguf PORT`: tells one line when it serves, ends with SIGTERM or with whoever reads it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from types import TracebackType

from voice_pipeline.ports import HeldPort


class RealModelServer:
    """A context manager: serves a model on a port of the loopback interface, always the same one.

    Args:
        model: a .gguf file, or the folder of one.
    """

    def __init__(self, model: Path) -> None:
        self._file = model if model.is_file() else sorted(model.glob("*.gguf"))[0]
        self._port = HeldPort()
        self.host = f"http://127.0.0.1:{self._port.number}"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> RealModelServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._port.release()

    def start(self, wait_s: float = 120.0) -> None:
        """Load and serve; returns once questions are taken. Raises RuntimeError when it does not come up."""
        command = [sys.executable, __file__, str(self._file), str(self._port.number)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        impatient = threading.Timer(wait_s, self._process.kill)
        impatient.start()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        impatient.cancel()
        if line.strip() != "serving":
            raise RuntimeError(f"the model server did not come up within {wait_s:g} s ({line!r})")

    def kill(self) -> None:
        """End it as a crash does: in the middle of whatever it is doing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def hang(self) -> None:
        """Stop answering, with every connection open and new ones taken by the kernel."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """After `hang`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


def main() -> int:
    """Of the process."""
    import xllamacpp

    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what the runtime prints is no message
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.port = int(sys.argv[2])
    params.n_ctx = 8192
    params.n_parallel = 1
    params.n_gpu_layers = 0
    threads = max(1, (os.cpu_count() or 2) - 1)  # as our own engine has it
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    params.verbosity = -1
    params.cache_ram_mib = 0
    params.ctx_shift = False
    params.fit_params = False
    params.ui = False
    server = xllamacpp.Server(params)
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{server.listening_address}/health", timeout=120)
    print("serving", file=out, flush=True)
    sys.stdin.read()
    os._exit(0)  # its threads are C++'s: nothing to tidy


if __name__ == "__main__":
    sys.exit(main())
