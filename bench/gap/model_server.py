"""llama.cpp's HTTP server for the pipecat arms: the same runtime, file, threads and settings as our own engine uses.

`python -m bench.gap.model_server MODEL THREADS PROMPT_THREADS PREFIX_JSON`; tells its address on stdout, ends when stdin closes.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from typing import Any

import xllamacpp
from bench.gap.wire import Speaker

from voice_pipeline.dialogue.llama_cpp import _find_gguf


def main() -> int:
    """Load, read the static prompt once (as our engine does at start), serve."""
    model, threads, reading, prefix = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
    speaker = Speaker()
    params = xllamacpp.CommonParams()
    params.model.path = str(_find_gguf(model))
    params.n_ctx = 4096
    params.n_parallel = 1
    params.n_gpu_layers = 0
    params.cpuparams.n_threads, params.cpuparams_batch.n_threads = threads, reading
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    params.verbosity = -1
    params.cache_ram_mib = 0
    params.ctx_shift = False
    params.ui = False
    params.n_threads_http = 2
    server = xllamacpp.Server(params)
    address = server.listening_address
    _ask(address, {"messages": [*prefix, {"role": "user", "content": "Hello"}], "max_tokens": 1, "temperature": 0})
    speaker.tell("ready", address=address, model=os.path.basename(params.model.path), threads=threads)
    sys.stdin.read()
    os._exit(0)  # its threads are C++'s: nothing to tidy


def _ask(address: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{address}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    http = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is on this machine
    http.open(request, timeout=120).read()


if __name__ == "__main__":
    sys.exit(main())
