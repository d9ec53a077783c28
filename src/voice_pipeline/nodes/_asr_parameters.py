"""The parameters of asr; apart because there are many."""

from __future__ import annotations

from voice_pipeline.asr.registry import TRANSCRIBERS
from voice_pipeline.ros.parameters import Param

PARAMETERS = (
    Param(
        "engine",
        "faster_whisper",
        "The recogniser. faster_whisper: a third of the memory and time of PyTorch on a CPU.",
        choices=tuple(TRANSCRIBERS),
    ),
    Param(
        "model",
        "",
        "Model id or folder. Empty: whisper-tiny.en-ct2 for faster_whisper, distil-whisper/distil-small.en for "
        "distil_whisper; nothing is ever downloaded by the node.",
    ),
    Param(
        "language",
        "en",
        "ISO 639-1 of what is spoken, empty lets the engine guess. en: as the default model.",
    ),
    Param("device", "auto", "Where it computes. auto: CUDA where there is one.", choices=("auto", "cpu", "cuda")),
    Param(
        "compute_type",
        "auto",
        "Number format: int8, int8_float16, float16, float32. auto: the fastest that the processor has (int8 on a CPU).",
    ),
    Param(
        "cpu_threads",
        2,
        "Threads of one transcription. 2: more than the free cores makes every stage slower.",
        minimum=1,
        maximum=64,
    ),
    Param(
        "beam_size",
        1,
        "Hypotheses kept while decoding (faster_whisper). 1: 5 costs half as much time again for 0.5 points of WER.",
        minimum=1,
        maximum=10,
    ),
    Param(
        "speculate",
        True,
        "Transcribe at every pause, so that the words are ready when the end is known. True: it hides the recogniser.",
    ),
    Param(
        "partial_period_s",
        0.8,
        "How often words are shown while somebody speaks, 0 for never. 0.8: at 0.25 s a transcription a third of the "
        "time; raise it or set 0 where the processor is full.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    ),
    Param(
        "reject_no_speech",
        0.6,
        "Reject above this no-speech probability if also below reject_confidence, 1 for never. 0.6: Whisper's own.",
        minimum=0.0,
        maximum=1.0,
    ),
    Param(
        "reject_confidence",
        0.5,
        "See reject_no_speech. 0.5: real words with a high no-speech probability are above it.",
        minimum=0.0,
        maximum=1.0,
    ),
    Param(
        "reject_below_confidence",
        0.15,
        "Reject below this confidence whatever else, 0 for never. 0.15: babble is at 0.04, hard real speech above 0.2.",
        minimum=0.0,
        maximum=1.0,
    ),
    Param(
        "reject_compression_ratio",
        2.4,
        "Reject a text that repeats itself more than this. 2.4: Whisper's own.",
        minimum=1.0,
        maximum=100.0,
    ),
    Param(
        "reject_level_dbfs",
        -60.0,
        "Reject speech quieter than this. -60: the quietest real recording tried was at -42.",
        unit="dB",
        minimum=-120.0,
        maximum=0.0,
    ),
)
