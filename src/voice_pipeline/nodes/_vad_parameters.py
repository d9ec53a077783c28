"""Parameters of the vad node, with the reason for every default, and the options they make. Apart because they are as
long as the node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_pipeline.ros.parameters import Param
from voice_pipeline.turn.end_of_turn import JUDGES, EndOfTurnOptions
from voice_pipeline.vad.bar import WHILE_MOVING, BarOptions
from voice_pipeline.vad.events import EndpointerOptions
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
        0.064,
        "Silence before `pause`, when work on the answer may begin. 0.064: two frames; recognition loses no word by it "
        "(52 errors in 755 words, as with 0.096 and 0.128).",
        0.032,
        3.0,
    ),
    _seconds(
        "min_silence_s",
        0.55,
        "Silence before `end` where nothing is known about the pause. 0.55: people pause half a second inside a sentence; "
        "0.4 answers sooner, cuts more.",
        0.1,
        5.0,
    ),
    _seconds(
        "complete_silence_s",
        0.2,
        "Silence before `end` once the sentence is known to be complete. 0.2: as people leave one another; below it "
        "END comes as soon as the verdict.",
        0.064,
        2.0,
    ),
    _seconds(
        "incomplete_silence_s",
        1.2,
        "Silence before `end` when the sentence is known to go on. 1.2: time to find a word; the model takes "
        "one end in seven for unfinished, and nobody should wait for long then.",
        0.2,
        5.0,
    ),
    Param(
        "end_of_turn",
        "smart_turn",
        "Who judges a pause. smart_turn: the sound of the voice and the words; text: the words alone, which can only "
        "lengthen the wait; none: the silence alone.",
        choices=JUDGES,
    ),
    Param("end_of_turn_model", "smart-turn-v3.2", "Model id or path. smart-turn-v3.2: the one `make models` fetches."),
    Param(
        "complete_probability",
        0.5,
        "Probability from which a pause sounds complete. 0.5: the model's own; from 0.3 to 0.9 hits and false alarms fall "
        "together.",
        minimum=0.05,
        maximum=0.95,
    ),
    _seconds(
        "end_of_turn_wait_s",
        0.35,
        "Silence after which the model is asked though the words are not there. 0.35: recognition has its cores to "
        "itself until then.",
        0.064,
        2.0,
    ),
    _seconds(
        "end_of_turn_again_s",
        0.5,
        "Silence after which the model is asked once more where it said that the sentence goes on. 0.5: it then sees 5 of "
        "11 ends that it missed before, and END comes when silence alone would bring it.",
        0.2,
        5.0,
    ),
    Param("language", "en", "ISO 639-1 of the words where asr does not say it. en: the only one the text check knows."),
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
        "max_part_s",
        20.0,
        "A longer utterance is handed over in parts, cut in the longest silence of the last 8 s. 20: Whisper hears 30 s, "
        "and a person may stop for some seconds before the cut is made.",
        8.0,
        22.0,
    ),
    _seconds(
        "max_utterance_s",
        120.0,
        "Whoever speaks for longer is answered here; what follows is another utterance. 120: a person stops before, a "
        "television does not.",
        10.0,
        600.0,
    ),
    Param(
        "min_level_dbfs",
        -65.0,
        "No utterance begins below this level. -65: under every real microphone's noise with a voice in it.",
        unit="dB",
        minimum=-120.0,
        maximum=0.0,
    ),
    Param(
        "while_moving",
        "raise",
        "Whether speech may begin while motion/state says that the robot moves. as_usual: yes; raise: from "
        "onset_while_moving on; hold: not at all, and what is open goes on. raise: motors are heard by the microphones "
        "beside them, and people speak to a robot that moves.",
        choices=WHILE_MOVING,
    ),
    Param(
        "onset_while_moving",
        0.6,
        "Probability at which speech begins while the robot moves, where while_moving is raise. 0.6: noise starts half as often "
        "as at 0.5, and people are still noticed within 0.2 s; 0.7 would take longer.",
        minimum=0.05,
        maximum=0.99,
    ),
    _seconds(
        "motion_cooldown_s",
        0.3,
        "A movement counts for so long after it ended. 0.3: a head that stops swings out, and motion/state comes every 0.1 s.",
        0.0,
        3.0,
    ),
    Param(
        "onset_while_playing",
        0.5,
        "Probability at which speech begins while the robot is heard. 0.5: as always; a higher one delays people who talk "
        "over it and stops little of an echo, which is speech too. min_level_while_playing_dbfs stops it.",
        minimum=0.05,
        maximum=0.99,
    ),
    Param(
        "min_level_while_playing_dbfs",
        -55.0,
        "No utterance begins below this level while the robot is heard: what an echo canceller leaves of its voice is faint. "
        "-55: nobody in 123 recordings is noticed later. Where the robot stops itself, raise it to just below the level "
        "of a person's voice (level_dbfs on voice_activity).",
        unit="dB",
        minimum=-120.0,
        maximum=0.0,
    ),
    _seconds(
        "playback_tail_s",
        0.3,
        "The robot's voice counts for so long after its last sound above -50 dBFS. 0.3: the way to the microphone and the "
        "echo of a room, and the gaps between its words.",
        0.0,
        3.0,
    ),
    _seconds(
        "source_timeout_s",
        1.0,
        "Without audio for so long an utterance ends. 1: longer than any stall seen, shorter than patience.",
        0.1,
        10.0,
    ),
)


def endpointer_options(p: Mapping[str, Any]) -> EndpointerOptions:
    """What the endpointer is told; silences are brought into their order."""
    pause, least = p["pause_silence_s"], max(p["min_silence_s"], p["pause_silence_s"])
    return EndpointerOptions(
        onset=p["onset"],
        release=min(p["release"], p["onset"]),
        start_speech=p["start_speech_s"],
        min_speech=p["min_speech_s"],
        pause_silence=pause,
        min_silence=least,
        complete_silence=min(max(p["complete_silence_s"], pause), least),
        incomplete_silence=max(p["incomplete_silence_s"], least),
        pre_roll=p["pre_roll_s"],
        post_roll=p["post_roll_s"],
        max_part=p["max_part_s"],
        max_utterance=p["max_utterance_s"],
        min_level=p["min_level_dbfs"],
        max_gap=p["source_timeout_s"],
    )


def bar_options(p: Mapping[str, Any]) -> BarOptions:
    """What raises the bar while the robot makes sounds itself."""
    return BarOptions(
        while_moving=p["while_moving"],
        onset_while_moving=p["onset_while_moving"],
        motion_cooldown=p["motion_cooldown_s"],
        onset_while_playing=p["onset_while_playing"],
        min_level_while_playing=p["min_level_while_playing_dbfs"],
        playback_tail=p["playback_tail_s"],
    )


def end_of_turn_options(p: Mapping[str, Any]) -> EndOfTurnOptions:
    """What the judge of pauses is told."""
    return EndOfTurnOptions(
        judge=p["end_of_turn"],
        complete_probability=p["complete_probability"],
        wait=p["end_of_turn_wait_s"],
        again=p["end_of_turn_again_s"],
        language=p["language"],
    )
