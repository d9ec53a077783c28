"""Distil-Whisper through distil-whisper-fastrtc (PyTorch): the recogniser of the Jetson profile."""

from __future__ import annotations

import math
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.audio.formats import SAMPLE_RATE, Float32
from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import find_model

if TYPE_CHECKING:
    from voice_pipeline.asr.protocol import TranscriberOptions

DEFAULT_MODEL = "distil-whisper/distil-small.en"
_DTYPES = ("float16", "float32")


class DistilWhisper:
    """A Whisper of Hugging Face's format, English.

    The package gives text only: confidence and no-speech probability are NaN, so those rejection rules never fire.
    On a CPU set OMP_NUM_THREADS=1 (or cpu_threads) when other engines share the cores.

    Raises:
        VoiceError: the package is missing, the model is not on this machine (nothing is downloaded here), or the
            compute type is none of float16, float32, or another language than English is wanted.
    """

    def __init__(self, options: TranscriberOptions) -> None:
        try:
            import distil_whisper_fastrtc
            import torch  # type: ignore[import-not-found]
        except ImportError as error:
            raise VoiceError(
                f"engine distil_whisper needs a Python package that is not installed: {error.name or error}.",
                "Run `pip install 'voice_pipeline[distil]'` (PyTorch, 1.2 GB), or set `engine` to faster_whisper.",
            ) from error
        if options.languages != ("en",):
            raise VoiceError(
                f"engine distil_whisper knows English only; `language` wants {', '.join(options.languages) or 'it to guess'}.",
                "Set `language` to en, or `engine` to faster_whisper and `model` to whisper-base-ct2.",
            )
        folder = _folder(options.model or DEFAULT_MODEL)
        cuda = bool(torch.cuda.is_available()) if options.device == "auto" else options.device == "cuda"
        dtype = ("float16" if cuda else "float32") if options.compute_type == "auto" else options.compute_type
        if dtype not in _DTYPES:
            raise VoiceError(
                f"engine distil_whisper cannot compute in '{dtype}'.",
                f"Set `compute_type` to one of {', '.join(_DTYPES)}; for int8 use engine faster_whisper with a "
                "CTranslate2 conversion of the model.",
            )
        torch.set_num_threads(options.cpu_threads)
        self._package: Any = distil_whisper_fastrtc
        try:
            self._engine: Any = distil_whisper_fastrtc.get_stt_model(
                str(folder), verbose=False, device="cuda" if cuda else "cpu", dtype=dtype
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise VoiceError(
                f"model {folder} does not load on {'cuda' if cuda else 'cpu'} as {dtype}: {error}",
                "Fetch it again with `hf download`, or set `device` to cpu and `compute_type` to float32.",
            ) from error

    def transcribe(self, audio: Float32, language: str = "") -> Transcription:
        """Recognise float32[n] at 16 kHz. The model is English; `language` changes nothing."""
        began = time.monotonic()
        text = str(self._engine.stt((SAMPLE_RATE, audio))).strip()
        return Transcription(
            text=text,
            confidence=math.nan,
            compression_ratio=compression_ratio(text),
            language="en",
            processing_s=time.monotonic() - began,
        )

    def warm_up(self) -> None:
        """Run once on a second of silence."""
        self.transcribe(np.zeros(SAMPLE_RATE, np.float32))

    def close(self) -> None:
        """Release the model; the package keeps the last one in a cache of its own."""
        del self._engine
        clear = getattr(self._package.get_stt_model, "cache_clear", None)
        if clear is not None:
            clear()


def compression_ratio(text: str) -> float:
    """Bytes of the text over bytes of its zlib form, as Whisper defines it; 0 for no text."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def _folder(model: str) -> Path:
    """The model's folder: a path, an id of the model store, or a snapshot in the Hugging Face cache."""
    try:
        return find_model(model, "config.json", "model.safetensors")
    except VoiceError:
        if Path(model).expanduser().exists():
            raise
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(model, local_files_only=True))
    except (ImportError, ValueError, OSError) as error:
        raise VoiceError(
            f"model '{model}' is not on this machine, and no node downloads anything.",
            f"Run `hf download {model}` once (350 MB for distil-small.en), or set `model` to a folder that holds it.",
        ) from error
