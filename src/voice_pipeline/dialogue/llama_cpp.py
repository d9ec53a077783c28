"""Engine `llama_cpp`: llama.cpp inside this process (xllamacpp), for machines without a model server."""

from __future__ import annotations

import ctypes
import json
import os
import queue
import secrets
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xllamacpp

from voice_pipeline.dialogue.grammar import answer_grammar
from voice_pipeline.dialogue.prompt_cache import PromptCache
from voice_pipeline.dialogue.protocol import (
    Delta,
    Done,
    GenerateOptions,
    Message,
    ModelTimeout,
    ModelUnavailable,
    TextDelta,
    ToolSpec,
)
from voice_pipeline.dialogue.render import render
from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import find_model

if TYPE_CHECKING:
    from voice_pipeline.dialogue import ModelSettings

_POLL_S = 0.02  # how often a waiting consumer looks at `cancel`


def create(settings: ModelSettings) -> LlamaCpp:
    """Finds the file now, loads it in warm_up."""
    return LlamaCpp(_find_gguf(settings.model), settings)


class LlamaCpp:
    """One model, one slot: the cache of the last prompt is kept, so an append-only prompt costs what was added."""

    native_tools = False

    def __init__(self, path: Path, settings: ModelSettings) -> None:
        self._path = path
        self._settings = settings
        self._server: Any = None
        self._key = secrets.token_hex(16)
        self._cache = PromptCache()
        self._worker: threading.Thread | None = None

    def prepare(self) -> None:
        if self._server is None:
            self._server = self._load()

    def warm_up(self, prefix: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        # One token of an answer to an empty question: everything before the question is in the cache afterwards.
        messages = [*prefix, Message("user", "Hello")]
        s = self._settings
        name = self._cache.name(
            [self._path.name, str(self._path.stat().st_size), xllamacpp.__version__, str(s.context_length)]
            + [json.dumps(render(m)) for m in messages]
        )
        known = self._cache.restore(self._server.listening_address, self._key, name)
        for _ in self._run(messages, tools, threading.Event(), GenerateOptions(max_tokens=1), s.load_timeout_s):
            pass
        if not known and self._worker is not None:
            self._worker.join(_POLL_S)
            self._cache.save(self._server.listening_address, self._key, name)

    def read_ahead(self, messages: Sequence[Message], tools: Sequence[ToolSpec], cancel: threading.Event) -> None:
        one = GenerateOptions(max_tokens=1)
        for _ in self._run(messages, tools, cancel, one, self._settings.load_timeout_s):
            pass

    def stream(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        cancel: threading.Event,
        options: GenerateOptions,
    ) -> Iterator[Delta]:
        self.prepare()
        yield from self._run(messages, tools, cancel, options, self._settings.first_token_timeout_s)

    def close(self) -> None:
        worker = self._worker
        if worker is not None:
            worker.join(2.0)
        self._server = None

    def _load(self) -> Any:
        s = self._settings
        params = xllamacpp.CommonParams()
        params.model.path = str(self._path)
        params.n_ctx = s.context_length
        params.n_parallel = 1
        params.n_gpu_layers = s.gpu_layers
        # All cores collapse to 1 token/s as soon as anything else runs (measured); spinning steals from the neighbours.
        threads = s.threads or max(1, (os.cpu_count() or 2) - 1)
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = s.prompt_threads or threads
        params.cpuparams.poll = params.cpuparams_batch.poll = 0
        params.verbosity = -1
        params.cache_ram_mib = 0  # one conversation: no store of other prompts
        # Everything is said here; to try what fits it loads the model several times (4 s instead of 1), and nobody hears
        # a Ctrl-C meanwhile, because the constructor keeps the interpreter.
        params.fit_params = False
        params.ctx_shift = False  # history.py compacts; a silent shift would drop the system prompt's effect
        # The runtime always opens an HTTP port, on loopback: nobody has its key.
        params.api_keys = [self._key]
        params.ui = False
        if self._cache.folder is not None:
            params.slot_save_path = f"{self._cache.folder}/"
        params.n_threads_http = 1
        try:
            with _signals_kept():
                server = xllamacpp.Server(params)
            # One token, because a server that is released before its loop runs never ends (its stop order is lost).
            one = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
            server.handle_chat_completions(one, lambda _: True)
            return server
        except Exception as error:
            raise ModelUnavailable(
                f"{self._path} could not be loaded ({error}).",
                "Check the file with `make models`, or choose a smaller model or context_length if memory is short.",
            ) from error

    def _run(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        cancel: threading.Event,
        options: GenerateOptions,
        first_s: float,
    ) -> Iterator[Delta]:
        """Generate on a thread of its own, so that reading the prompt (which nothing can interrupt) blocks no one."""
        if self._worker is not None and self._worker.is_alive():
            self._worker.join(first_s)
            if self._worker.is_alive():
                raise ModelTimeout("the model is still busy with an answer that was given up.", _SLOW)
        chunks: queue.Queue[Any] = queue.Queue()
        stop = threading.Event()
        request = {
            "messages": [render(m) for m in messages],
            "stream": True,
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "cache_prompt": True,
        }
        if options.only_tools is not None:
            allowed = [t for t in tools if t.name in options.only_tools]
            request["grammar"] = answer_grammar(allowed, options.max_calls)
        self._worker = threading.Thread(target=_generate, args=(self._server, request, chunks, stop), daemon=True)
        start = time.monotonic()
        self._worker.start()
        try:
            yield from self._deltas(chunks, cancel, start, first_s)
        finally:
            stop.set()

    def _deltas(
        self, chunks: queue.Queue[Any], cancel: threading.Event, start: float, first_s: float
    ) -> Iterator[Delta]:
        first = 0.0
        deadline = start + first_s
        while not cancel.is_set():
            try:
                chunk = chunks.get(timeout=_POLL_S)
            except queue.Empty:
                if time.monotonic() > deadline:
                    what = "stopped in the middle" if first else f"gave no first word within {first_s:g} s"
                    raise ModelTimeout(f"{self._path.stem} {what}.", _SLOW) from None
                continue
            if not isinstance(chunk, dict) or "error" in chunk:
                why = chunk["error"] if isinstance(chunk, dict) else chunk
                raise ModelUnavailable(
                    f"{self._path.stem} gave no answer ({why or 'no words came'}).",
                    "Raise context_length if the text was long; restart the node if it stays.",
                )
            choice = (chunk.get("choices") or [{}])[0]
            text = (choice.get("delta") or {}).get("content")
            if text:
                first = first or time.monotonic() - start
                yield TextDelta(text)
                # Only now: a call in these words may have kept the listener for as long as the robot moves.
                deadline = time.monotonic() + self._settings.stall_timeout_s
            if choice.get("finish_reason"):
                timing = chunk.get("timings") or {}
                yield Done(
                    prompt_tokens=int(timing.get("prompt_n", 0)),
                    cached_tokens=int(timing.get("cache_n", 0)),
                    answer_tokens=int(timing.get("predicted_n", 0)),
                    first_token_s=first,
                    total_s=time.monotonic() - start,
                    truncated=choice["finish_reason"] == "length",
                )
                return


_SLOW = "Choose a smaller model, fewer neighbours on this computer, or raise first_token_timeout_s and stall_timeout_s."


def _generate(server: Any, request: dict[str, Any], chunks: queue.Queue[Any], stop: threading.Event) -> None:
    def take(chunk: Any) -> bool:
        chunks.put(chunk)
        return stop.is_set()  # True ends the generation

    try:
        server.handle_chat_completions(request, take)
        chunks.put(None)  # seen only when no chunk ended the answer
    except Exception as error:  # crosses to the consumer's thread
        chunks.put(error)


def _find_gguf(model: str) -> Path:
    path = find_model(model)
    if path.is_file():
        return path
    files = sorted(path.glob("*.gguf"))
    if not files:
        raise VoiceError(f"{path} holds no .gguf file.", f"Run `make models MODELS={model}`, or name a folder or file.")
    return files[0]


@contextmanager
def _signals_kept() -> Iterator[None]:
    """The runtime installs its own SIGINT and SIGTERM handlers when it starts; put back what was there.

    Through sigaction(2), because Python's signal module refuses off the main thread.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    kept = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        kept[number] = ctypes.create_string_buffer(256)  # struct sigaction is 152 bytes on x86-64 and aarch64 Linux
        libc.sigaction(int(number), None, kept[number])
    try:
        yield
    finally:
        for number, old in kept.items():
            libc.sigaction(int(number), old, None)
