"""Whisper on CTranslate2 through faster-whisper: the default recogniser, on CPU (int8) and CUDA (float16)."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.audio.formats import SAMPLE_RATE, Float32
from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import find_model

if TYPE_CHECKING:
    from voice_pipeline.asr.protocol import TranscriberOptions

DEFAULT_MODEL = "whisper-tiny.en-ct2"
# Fast talkers reach 6 tokens a second; a decoder that loops writes until it is stopped (448 tokens take seconds).
_TOKENS_PER_SECOND = 12
_TOKENS_AT_LEAST = 32
_TOKENS_AT_MOST = 224  # half of Whisper's context, its own limit for one window


class FasterWhisper:
    """A CTranslate2 Whisper.

    Raises:
        VoiceError: the package or the model is missing, or the device or compute type does not exist here.
    """

    def __init__(self, options: TranscriberOptions) -> None:
        # Without tokenizer.json faster-whisper would fetch one from the model hub.
        folder = find_model(options.model or DEFAULT_MODEL, "model.bin", "config.json", "tokenizer.json")
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise VoiceError(
                "the Python package 'faster-whisper' is not installed.", "Run `pip install 'voice_pipeline[asr]'`."
            ) from error
        try:
            self._model: Any = WhisperModel(
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
        self._beam_size = options.beam_size

    def transcribe(self, audio: Float32, language: str = "") -> Transcription:
        """Recognise float32[n] at 16 kHz. Rejects nothing itself: thresholds are RejectionRules'."""
        began = time.monotonic()
        seconds = len(audio) / SAMPLE_RATE
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
            max_new_tokens=min(_TOKENS_AT_MOST, _TOKENS_AT_LEAST + int(_TOKENS_PER_SECOND * seconds)),
        )
        parts = list(segments)  # the work happens here: the segments are a generator
        text = " ".join(p.text.strip() for p in parts).strip()
        weights = [len(p.tokens) for p in parts]
        avg_logprob = _mean([p.avg_logprob for p in parts], weights)
        return Transcription(
            text=text,
            confidence=math.exp(min(0.0, avg_logprob)) if parts else 0.0,
            no_speech_probability=min((p.no_speech_prob for p in parts), default=1.0),
            avg_logprob=avg_logprob,
            compression_ratio=max((p.compression_ratio for p in parts), default=0.0),
            language=info.language,
            processing_s=time.monotonic() - began,
        )

    def warm_up(self) -> None:
        """Run once on a second of silence."""
        self.transcribe(np.zeros(SAMPLE_RATE, np.float32), "en")

    def close(self) -> None:
        """Release the model's memory now rather than at the next garbage collection."""
        self._model.model.unload_model()


def _mean(values: list[float], weights: list[int]) -> float:
    total = sum(weights)
    return sum(v * w for v, w in zip(values, weights, strict=True)) / total if total else math.nan
