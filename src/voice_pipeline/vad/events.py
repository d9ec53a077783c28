"""What voice activity detection says, and what can be set about it: the words of the endpointer, without ROS."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """The values of VoiceActivity.event."""

    START = 0
    PAUSE = 1
    RESUME = 2
    END = 3
    SPLIT = 4


class Reason(IntEnum):
    """The values of VoiceActivity.reason."""

    NONE = 0
    SILENCE = 1
    MAX_LENGTH = 2
    TOO_SHORT = 3
    SOURCE_ENDED = 4
    COMPLETE = 5


@dataclass(frozen=True)
class Threshold:
    """What a frame must reach to begin an utterance: a probability, and a level in dBFS."""

    onset: float
    min_level: float


@dataclass(frozen=True)
class EndpointerOptions:
    """Thresholds are probabilities 0..1, times are s, the level is dBFS.

    Speech begins when `onset` is reached for `start_speech` and goes on above `release`. After `pause_silence` without
    speech it pauses, after `min_silence` it ends; or, once a verdict on the pause is there, after `complete_silence` or
    `incomplete_silence`. An utterance with less speech than `min_speech` is a false start.
    `pre_roll` and `post_roll` are kept before and after the speech: both lie below the thresholds but belong to words.
    No utterance begins in frames quieter than `min_level`, whatever the model says (inside one, quiet endings count).
    A longer part than `max_part` is split off at its best pause; after `max_utterance` the utterance ends. `max_gap`
    without audio ends it too.
    """

    onset: float = 0.5
    release: float = 0.35
    start_speech: float = 0.064
    min_speech: float = 0.25
    pause_silence: float = 0.064
    min_silence: float = 0.55
    complete_silence: float = 0.2
    incomplete_silence: float = 1.2
    pre_roll: float = 0.4
    post_roll: float = 0.2
    max_part: float = 20.0
    max_utterance: float = 120.0
    min_level: float = -65.0
    max_gap: float = 1.0

    @property
    def threshold(self) -> Threshold:
        """What usually begins an utterance."""
        return Threshold(self.onset, self.min_level)


@dataclass(frozen=True)
class Event:
    """One VoiceActivity message without ROS; times are ns since the epoch, 0 where there is none."""

    kind: Kind
    reason: Reason
    utterance_id: str
    generation: int
    stamp_ns: int
    audio_start_ns: int
    speech_end_ns: int
    audio_end_ns: int
    probability: float
    level_dbfs: float
