"""Kokoro-82M through kokoro-onnx. Only imported in the worker process: it pulls in GPL-3 code."""

from __future__ import annotations

from typing import Any

from kokoro_onnx import Kokoro

from voice_pipeline.audio.formats import Float32
from voice_pipeline.tts.worker_session import make_session

# First letter of a voice -> espeak's language. Japanese (j) and Chinese (z) voices need another spelling to phonemes
# than espeak's and are left out.
_LANGUAGES = {"a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "p": "pt-br"}


class KokoroEngine:
    """24 kHz, some 0.4 s of silence before and 0.65 s after the words: the caller trims."""

    sample_rate = 24_000

    def __init__(self, settings: dict[str, Any]) -> None:
        self._session, self.notes = make_session(settings["model"], settings["threads"], settings["providers"])
        self._kokoro = Kokoro.from_session(self._session, settings["voices"])
        self.providers: list[str] = self._session.get_providers()
        self.languages = {v: _LANGUAGES[v[0]] for v in self._kokoro.get_voices() if v[0] in _LANGUAGES}

    def synthesize(self, text: str, voice: str, speed: float, run_options: Any) -> Float32:
        """float32[n] in -1..1."""
        self._session.run_options = run_options
        samples: Float32
        samples, _ = self._kokoro.create(text, voice, speed=speed, lang=self.languages[voice], trim=False)
        return samples
