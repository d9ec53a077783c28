"""What the vad node says, as messages. Apart from the node, which decides when."""

from __future__ import annotations

import time

from voice_pipeline.msg import EndOfTurn, VoiceActivity
from voice_pipeline.ros.stamps import to_msg
from voice_pipeline.turn.end_of_turn import Verdict
from voice_pipeline.vad.direction import Direction
from voice_pipeline.vad.events import Event


def to_verdict(verdict: Verdict, frame_id: str) -> EndOfTurn:
    """A Verdict as the message: what nobody knows counts as not complete."""
    message = EndOfTurn(
        utterance_id=verdict.utterance_id,
        generation=verdict.generation,
        complete=verdict.complete is True,
        probability=verdict.probability,
        reason=verdict.reason,
        processing_seconds=verdict.processing_s,
        decided=to_msg(time.time_ns()),
    )
    message.header.stamp = to_msg(verdict.speech_end_ns)
    message.header.frame_id = frame_id
    return message


def to_activity(event: Event, direction: Direction, frame_id: str) -> VoiceActivity:
    """An Event as the message."""
    message = VoiceActivity(
        event=int(event.kind),
        reason=int(event.reason),
        utterance_id=event.utterance_id,
        generation=event.generation,
        audio_start=to_msg(event.audio_start_ns),
        speech_end=to_msg(event.speech_end_ns),
        audio_end=to_msg(event.audio_end_ns),
        probability=event.probability,
        level_dbfs=event.level_dbfs,
        direction_rad=direction.yaw,
        direction_ambiguous=direction.ambiguous,
    )
    message.header.stamp = to_msg(event.stamp_ns)
    message.header.frame_id = frame_id
    return message
