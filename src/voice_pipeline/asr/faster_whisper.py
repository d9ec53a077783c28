"""Whisper on CTranslate2 through faster-whisper: the default recogniser, on CPU (int8) and CUDA (float16)."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.asr.repetition import count_words
from voice_pipeline.asr.second_look import doubt, in_halves, joined, leaves_out
from voice_pipeline.audio.formats import SAMPLE_RATE, Float32
from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import find_model

if TYPE_CHECKING:
    from voice_pipeline.asr.protocol import TranscriberOptions

DEFAULT_MODEL = "whisper-tiny.en-ct2"
# Fast talkers reach 6 tokens a second; a decoder that loops writes until it is stopped (448 tokens take seconds).
_TOKENS_PER_SECOND = 12
_TOKENS_AT_LEAST = 32
_TOKENS_AT_FIRST = 12  # in a short window, where a decoder that loops gets a second look: the sooner the better
_TOKENS_AT_MOST = 224  # half of Whisper's context, its own limit for one window
# Audio that fills a short window to its end loses its last word more often.
_MARGIN_S = 0.5
_MORE = 1.5  # times the words, or the first look is kept: a word or two more is chance


class FasterWhisper:
    """A CTranslate2 Whisper. What fits into `encoder_window_s` is heard in a window of that length, which takes a third
    of the time; when the result is doubtful it is heard again in the whole window.

    Raises:
        VoiceError: the package or the model is missing, or the device or compute type does not exist here.
    """

    def __init__(self, options: TranscriberOptions) -> None:
        # Without tokenizer.json faster-whisper would fetch one from the model hub.
        folder = find_model(options.model or DEFAULT_MODEL, "model.bin", "config.json", "tokenizer.json")
        try:
            from voice_pipeline.asr.windowed_whisper import WHOLE_WINDOW_S, WindowedWhisper
        except ImportError as error:
            raise VoiceError(
                "the Python package 'faster-whisper' is not installed.", "Run `pip install 'voice_pipeline[asr]'`."
            ) from error
        try:
            self._model: Any = WindowedWhisper(
                str(folder),
                device=options.device,
                compute_type=options.compute_type,
                cpu_threads=options.cpu_threads,
                num_workers=1,
                local_files_only=True,
            )
        except (ValueError, RuntimeError) as error:
            raise VoiceError(
                f"Whisper model {folder} does not load on '{options.device}' as '{options.compute_type}': {error}",
                "Set `device` to cpu and `compute_type` to int8, or fetch the model again with `make models`.",
            ) from error
        self._check_languages(options.languages, folder.name)
        self._beam_size = options.beam_size
        self._whole_s = WHOLE_WINDOW_S
        self._window_s = min(options.encoder_window_s, WHOLE_WINDOW_S)

    def transcribe(self, audio: Float32, language: str = "") -> Transcription:
        """Recognise float32[n] at 16 kHz. Rejects nothing itself: thresholds are RejectionRules'."""
        began = time.monotonic()
        seconds = len(audio) / SAMPLE_RATE
        why = ""
        if self._window_s < self._whole_s and seconds <= self._window_s - _MARGIN_S:
            heard, cut_off = self._look(audio, language, self._window_s, _TOKENS_AT_FIRST)
            why = doubt(heard, cut_off)
            if not why:
                return replace(heard, processing_s=time.monotonic() - began)
        heard, _ = self._look(audio, language, self._whole_s, _TOKENS_AT_LEAST)
        if leaves_out(heard.text, seconds):
            halves = [self._look(half, language, self._whole_s, _TOKENS_AT_LEAST)[0] for half in in_halves(audio)]
            if count_words(" ".join(h.text for h in halves)) > _MORE * count_words(heard.text):
                heard, why = joined(halves), "left words out"
        return replace(heard, second_look=why, processing_s=time.monotonic() - began)

    def _look(self, audio: Float32, language: str, window_s: float, tokens: int) -> tuple[Transcription, bool]:
        """Returns (result, whether the decoder was cut off)."""
        self._model.window_s = window_s
        at_most = min(_TOKENS_AT_MOST, tokens + int(_TOKENS_PER_SECOND * len(audio) / SAMPLE_RATE))
        segments, info = self._model.transcribe(
            audio,
            language=language or None,
            beam_size=self._beam_size,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=False,
            no_speech_threshold=None,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
            max_new_tokens=at_most,
        )
        parts = list(segments)  # the work happens here: the segments are a generator
        weights = [len(p.tokens) for p in parts]
        avg_logprob = _mean([p.avg_logprob for p in parts], weights)
        heard = Transcription(
            text=" ".join(p.text.strip() for p in parts).strip(),
            confidence=math.exp(min(0.0, avg_logprob)) if parts else 0.0,
            no_speech_probability=min((p.no_speech_prob for p in parts), default=1.0),
            avg_logprob=avg_logprob,
            compression_ratio=max((p.compression_ratio for p in parts), default=0.0),
            language=info.language,
        )
        return heard, sum(weights) >= at_most

    def _check_languages(self, languages: tuple[str, ...], model: str) -> None:
        known: list[str] = self._model.supported_languages
        unknown = [language for language in languages if language not in known]
        if known == ["en"] and (unknown or not languages):
            raise VoiceError(
                f"model {model} knows English only; `language` wants {', '.join(unknown) or 'it to guess'}.",
                "Set `model` to whisper-base-ct2 (`make models MODELS=whisper-base-ct2`), or `language` to en.",
            )
        if unknown:
            raise VoiceError(
                f"model {model} knows no language '{unknown[0]}'.",
                f"Use auto or ISO 639-1, one of: {', '.join(known)}.",
            )
        self._model.languages = languages

    def warm_up(self) -> None:
        """Run once on a second of silence, in each window."""
        for window_s in {self._window_s, self._whole_s}:
            self._look(np.zeros(SAMPLE_RATE, np.float32), "en", window_s, _TOKENS_AT_LEAST)

    def close(self) -> None:
        """Release the model's memory now rather than at the next garbage collection."""
        self._model.model.unload_model()


def _mean(values: list[float], weights: list[int]) -> float:
    total = sum(weights)
    return sum(v * w for v, w in zip(values, weights, strict=True)) / total if total else math.nan
