"""Kokoro-82M as seen from the node: which files it needs. The engine itself runs in worker_kokoro.py."""

from __future__ import annotations

from voice_pipeline.model_store import find_model
from voice_pipeline.tts.process import ProcessSynthesizer
from voice_pipeline.tts.protocol import SynthesizerOptions

MODEL = "kokoro-82m-int8"
DEFAULT_VOICE = "af_sarah"
MODEL_FILES = ("kokoro-v1.0.int8.onnx", "voices.npz")


def make_kokoro(options: SynthesizerOptions) -> ProcessSynthesizer:
    """Kokoro-82M, 54 voices (41 of them in languages espeak can spell), 24 kHz.

    Raises:
        VoiceError: no model, or the engine does not start.
    """
    folder = find_model(options.model or MODEL, *MODEL_FILES)
    model, voices = (str(folder / f) for f in MODEL_FILES)
    settings = {"model": model, "voices": voices}
    return ProcessSynthesizer("kokoro", settings, options.threads, options.providers, DEFAULT_VOICE)
