"""What every synthesiser is, and the token that stops one; apart because engines, speaker and node share it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from voice_pipeline.audio.formats import Int16


class Cancelled(Exception):
    """Raised inside a synthesis that was given up; nobody is to blame."""


class Cancellation:
    """Tells one synthesis to stop. Unlike an Event it can wake what waits elsewhere, so nobody has to poll."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = False
        self._callbacks: list[Callable[[], None]] = []

    def is_set(self) -> bool:
        """True once set() was called."""
        return self._set

    def set(self) -> None:
        """Stop; calls what was registered, once, on the caller's thread."""
        with self._lock:
            if self._set:
                return
            self._set = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_set(self, callback: Callable[[], None]) -> None:
        """Call back when set; at once when it is already. The callback must not block."""
        with self._lock:
            if not self._set:
                self._callbacks.append(callback)
                return
        callback()

    def check(self) -> None:
        """Raise Cancelled when set."""
        if self._set:
            raise Cancelled


# Tried in this order; the first that this machine's onnxruntime has and that loads the model is used.
DEFAULT_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


@dataclass(frozen=True)
class SynthesizerOptions:
    """What a profile can set of an engine; an engine ignores what it has no use for.

    Args:
        model: id in the model store or a folder; empty takes the engine's default.
        threads: CPU threads of one inference.
        providers: ONNX Runtime execution providers in order of preference.
    """

    model: str = ""
    threads: int = 2
    providers: tuple[str, ...] = DEFAULT_PROVIDERS


class Synthesizer(Protocol):
    """Turns one short piece of speakable text into sound."""

    @property
    def sample_rate(self) -> int:
        """Hz of what synthesize() yields."""
        ...

    @property
    def default_voice(self) -> str:
        """The voice to take when nobody says which."""
        ...

    @property
    def notes(self) -> list[str]:
        """What was odd at the start, for people: a provider that is missing."""
        ...

    def voices(self) -> list[str]:
        """Names that synthesize() takes, sorted."""
        ...

    def language(self, voice: str) -> str:
        """Language of a voice as espeak names it ("en-us")."""
        ...

    def warm_up(self, voice: str) -> float:
        """One real inference, so that the first turn is as fast as the tenth; returns its seconds."""
        ...

    def synthesize(self, text: str, voice: str, speed: float, cancellation: Cancellation) -> Iterator[Int16]:
        """Mono int16[n] chunks at `sample_rate`, each as soon as it is made.

        Args:
            text: words and punctuation only, at most some 200 characters.
            voice: one of voices().
            speed: 0.5..2.0, 1 is the voice's own pace.
            cancellation: stops a running inference within some 50 ms.

        Raises:
            Cancelled: `cancellation` was set.
            VoiceError: the engine failed; says with which words.
        """
        ...

    def figures(self) -> dict[str, str | int | float]:
        """Figures for /diagnostics by name."""
        ...

    def close(self) -> None:
        """Release everything, from any thread; a running synthesis ends with VoiceError."""
        ...
