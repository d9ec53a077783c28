"""What every arm of the bench runs with: the models, the threads, the conversation. One place, so that nothing differs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PERSONA = HERE / "persona.yaml"
TOOLS = HERE / "tools.yaml"
PROFILE = "demo"

MAX_TOKENS = 40
TEMPERATURE = 0.0
FLOOR_DBFS = -50.0  # what counts as audible, as in voice_pipeline/audio/meter.py
MIN_SILENCE_S = 0.55  # of the plain sequence: the endpointer's own default
# Whisper as the model was made; the plain sequence does what a tutorial does.
WHOLE_WINDOW_S = 30.0


@dataclass(frozen=True)
class Models:
    """One set of models; ids of the model store."""

    whisper: str
    llm: str
    tts: str  # engine
    voice_model: str
    voice: str


MODEL_SETS = {
    "demo": Models("whisper-tiny.en-ct2", "qwen2.5-coder-0.5b-instruct", "kokoro", "kokoro-82m-int8", "af_sarah"),
    "light": Models("whisper-tiny.en-ct2", "smollm2-135m-instruct", "piper", "piper-en-us-joe", ""),
}

ARMS = {
    "ours": "this pipeline as it comes",
    "ours_no_speculation": "this pipeline, nothing begun before the end of the utterance is known",
    "sequence": "listen, transcribe, answer, synthesise, play: one after the other, each as a whole",
    "pipecat_default": "pipecat with its defaults",
    "pipecat_tuned": "pipecat with the quickest settings it offers",
}

# No work ahead of the end, and the end by silence alone.
NO_SPECULATION: dict[str, dict[str, Any]] = {
    "asr": {"speculate": False},
    "vad": {"end_of_turn": "none"},
    "dialogue": {"speculate": False},
}


@dataclass(frozen=True)
class PipecatSettings:
    """What differs between the two pipecat arms. None: pipecat's own default. Times in seconds."""

    beam_size: int | None = None
    greedy: bool = False  # one temperature, no timestamps: as our recogniser asks Whisper
    trailing_silence: float | None = None
    threads: bool = (
        False  # Whisper and the voice with our thread counts, no spinning; otherwise the runtimes' own choice
    )
    stop_secs: float | None = None
    incomplete_stop_secs: float | None = None  # how long an "incomplete" turn may stay open
    stop_frame_timeout_s: float | None = None  # a synthesis that takes longer is given up, and its answer never heard
    out_10ms_chunks: int | None = None
    voice_rate: bool = False  # play at the voice's own rate: no resampling


PIPECAT = {
    "pipecat_default": PipecatSettings(),
    "pipecat_tuned": PipecatSettings(
        beam_size=1,
        greedy=True,
        trailing_silence=0.0,
        threads=True,
        stop_secs=0.2,
        incomplete_stop_secs=1.0,  # after the 0.2 of stop_secs: as long as our own incomplete_silence_s
        stop_frame_timeout_s=10.0,
        out_10ms_chunks=1,
        voice_rate=True,
    ),
}


def ours_overrides(
    models: Models, arm: str, known: dict[str, set[str]], history_turns: int
) -> dict[str, dict[str, Any]]:
    """Parameters that win over the profile's.

    Args:
        models: the models.
        arm: ours or ours_no_speculation.
        known: node -> the parameters it has; what a node does not have is left out.
        history_turns: the fewest turns that the dialogue node can remember.
    """
    overrides: dict[str, dict[str, Any]] = {
        "asr": {"model": models.whisper},
        "dialogue": {
            "engine": "llama_cpp",
            "model": models.llm,
            "persona": str(PERSONA),
            "tools_file": str(TOOLS),
            "use_phrases": False,
            "max_tokens": MAX_TOKENS,
            "temperature": TEMPERATURE,
            "history_turns": history_turns,
        },
        "tts": {"engine": models.tts, "model": models.voice_model, "voice": models.voice, "cache_phrases": 0},
        "audio_player": {"sink": "null"},
    }
    if arm == "ours_no_speculation":
        for node, values in NO_SPECULATION.items():
            overrides[node] = {**overrides.get(node, {}), **{k: v for k, v in values.items() if k in known[node]}}
    return overrides
