"""The parameters of vad; apart because there are many."""

from __future__ import annotations

from voice_pipeline.ros.parameters import Param
from voice_pipeline.vad.registry import DETECTORS


def _seconds(name: str, default: float, description: str, minimum: float, maximum: float) -> Param:
    return Param(name, default, description, unit="s", minimum=minimum, maximum=maximum)


PARAMETERS = (
    Param(
        "engine",
        "silero",
        "The detector. silero: 0.2 ms a frame and no words on rain, kitchen, music or applause.",
        choices=tuple(DETECTORS),
    ),
    Param("model", "silero-vad", "Model id or path. silero-vad: the one `make models` fetches."),
    Param("frame_id", "microphone", "Frame of the messages. microphone: as audio_capture's."),
    Param(
        "onset",
        0.5,
        "Probability at which speech begins. 0.5: Silero's own; raise it where voices in the background disturb.",
        minimum=0.05,
        maximum=0.99,
    ),
    Param(
        "release",
        0.35,
        "Probability above which speech goes on. 0.35: 0.15 below onset, so that soft syllables do not end a word.",
        minimum=0.01,
        maximum=0.99,
    ),
    _seconds("start_speech_s", 0.064, "Speech before `start`. 0.064: two frames; one alone is a click.", 0.0, 1.0),
    _seconds(
        "min_speech_s",
        0.25,
        "Less speech is a false start. 0.25: 'up' and 'yes' pass, a click does not.",
        0.0,
        3.0,
    ),
    _seconds(
        "pause_silence_s",
        0.10,
        "Silence before `pause`, when work on the answer may begin. 0.1: hides recognition in the wait for the end.",
        0.032,
        3.0,
    ),
    _seconds(
        "min_silence_s",
        0.55,
        "Silence before `end`. 0.55: people pause half a second inside a sentence; 0.4 answers sooner, cuts more.",
        0.1,
        5.0,
    ),
    _seconds(
        "pre_roll_s",
        0.4,
        "Audio kept before the first speech. 0.4: soft first sounds (h, f, s) lie below the threshold.",
        0.0,
        3.0,
    ),
    _seconds(
        "post_roll_s",
        0.2,
        "Audio kept after the last speech. 0.2: final consonants lie below the threshold; more invites invented words.",
        0.0,
        3.0,
    ),
    _seconds(
        "max_utterance_s",
        20.0,
        "An utterance is cut here, in the quietest moment of its last 3 s. 20: Whisper hears 30 s at once.",
        4.0,
        29.0,
    ),
    Param(
        "min_level_dbfs",
        -65.0,
        "No utterance begins below this level. -65: under every real microphone's noise with a voice in it.",
        unit="dB",
        minimum=-120.0,
        maximum=0.0,
    ),
    _seconds(
        "source_timeout_s",
        1.0,
        "Without audio for so long an utterance ends. 1: longer than any stall seen, shorter than patience.",
        0.1,
        10.0,
    ),
)
