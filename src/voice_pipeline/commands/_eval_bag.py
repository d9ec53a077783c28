"""A recording (record:=true) once more through voice activity and recognition: the same sound, chunk by chunk, in real time."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from rclpy.serialization import deserialize_message
from rich.console import Console
from rich.progress import track

from voice_pipeline.audio.formats import SAMPLE_RATE, samples_to_ns
from voice_pipeline.bringup.session import Session
from voice_pipeline.commands._eval_ears import Ears, Final
from voice_pipeline.commands._eval_files import pre_roll_s, settle
from voice_pipeline.commands._eval_summary import spread
from voice_pipeline.commands._eval_words import errors, rate
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import Transcript
from voice_pipeline.recording.raw_audio import Sound, from_cdr, from_stamped
from voice_pipeline.recording.reader import BagReader, Recorded, bag_files
from voice_pipeline.recording.schemas import RAW_AUDIO, definition
from voice_pipeline.ros.qos import AUDIO, LATCHED
from voice_pipeline.ros.stamps import NS, to_msg

_TRANSCRIPT, _STAMPED = "voice_pipeline/msg/Transcript", "audio_common_msgs/msg/AudioDataStamped"
_LONGEST_GAP_NS = 5 * NS  # between two files: nobody waits for the night to pass again
_HEAD_START_NS = NS // 2
_JOIN_S = 10.0


@dataclass
class Bag:
    """The microphone's sound and the transcripts of a recording, by time; `cut_off`: files without an end."""

    sounds: list[Sound] = field(default_factory=list)
    finals: list[Final] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    other_version: bool = False  # the transcripts cannot be read: the message has changed since

    @property
    def seconds(self) -> float:
        """Of sound, gaps left out."""
        return sum(len(s.data) for s in self.sounds) / 2 / SAMPLE_RATE


@dataclass
class Pair:
    """One utterance: what was written down when it was recorded, and now. `reason`: why it was not passed on."""

    seconds: float  # of its beginning, from the first sound
    recorded: str
    replayed: str
    recorded_reason: str = ""
    replayed_reason: str = ""
    latency_ms: float | None = None

    @property
    def equal(self) -> bool:
        """The same words, and both passed on or both not."""
        return self.recorded == self.replayed and bool(self.recorded_reason) == bool(self.replayed_reason)


def load_bag(paths: Sequence[Path]) -> Bag:
    """Read the files of a recording, cut-off ones too.

    Raises:
        VoiceError: no such file, not MCAP, or no sound of 16 kHz mono in it.
    """
    bag = Bag()
    for path in bag_files(list(paths)):
        reader = BagReader(path)
        for message in reader:
            _take(bag, message)
        if not reader.complete:
            bag.cut_off.append(path.name)
    if not bag.sounds:
        raise VoiceError(
            f"{', '.join(p.name for p in paths)}: there is no microphone sound in it.",
            "Record with record:=true and the recorder's `microphone` on.",
        )
    bag.sounds.sort(key=lambda s: s.stamp_ns)
    bag.finals.sort(key=lambda f: f.stamp_ns)
    odd = next((s for s in bag.sounds if (s.sample_rate, s.channels) != (SAMPLE_RATE, 1)), None)
    if odd:
        raise VoiceError(
            f"the sound is {odd.sample_rate} Hz with {odd.channels} channels.", "Only 16000 Hz mono is replayed."
        )
    return bag


def _take(bag: Bag, message: Recorded) -> None:
    topic = message.topic.removesuffix("/raw_audio")
    if topic.endswith("/audio") and not topic.endswith("/playback/audio"):
        if message.type_name == RAW_AUDIO:
            bag.sounds.append(from_cdr(message.data))
        elif message.type_name == _STAMPED:
            bag.sounds.append(Sound(*from_stamped(message.data), SAMPLE_RATE, 1))
    elif message.type_name == _TRANSCRIPT and not topic.endswith("/partial"):
        if message.definition.decode() != definition(_TRANSCRIPT):
            bag.other_version = True
            return
        final = deserialize_message(message.data, Transcript)
        if final.is_final:
            bag.finals.append(Final.of(final, message.log_ns))


class Timetable:
    """When each sound is played again: with the recording's own spacing, moved to now.

    Args:
        sounds: by time.
        begin_ns: the new time of the first.
    """

    def __init__(self, sounds: Sequence[Sound], begin_ns: int) -> None:
        self._from: list[int] = []  # recorded stamps from which on a shift counts
        self._shift: list[int] = []
        shift, end_ns = begin_ns - sounds[0].stamp_ns, sounds[0].stamp_ns
        self._from.append(0)
        self._shift.append(shift)
        for sound in sounds:
            if sound.stamp_ns - end_ns > _LONGEST_GAP_NS:
                shift -= sound.stamp_ns - end_ns - _LONGEST_GAP_NS
                self._from.append(sound.stamp_ns)
                self._shift.append(shift)
            end_ns = sound.stamp_ns + samples_to_ns(len(sound.data) // 2)

    def now(self, recorded_ns: int) -> int:
        """The new time of a recorded one."""
        return recorded_ns + self._shift[bisect_right(self._from, recorded_ns) - 1]


def replay(session: Session, bag: Bag, console: Console) -> list[Pair]:
    """Play the bag into a session of vad and asr; Ctrl-C ends it, and what was heard by then is compared.

    Raises:
        VoiceError: the nodes do not listen.
    """
    ears = Ears(session, pre_roll_s(session.plan))
    node = session.watcher.node
    info = node.create_publisher(AudioInfo, "audio_info", LATCHED)
    info.publish(AudioInfo(channels=1, sample_rate=SAMPLE_RATE, sample_format="S16LE", bitrate=16 * SAMPLE_RATE))
    publisher = node.create_publisher(AudioDataStamped, "audio", AUDIO)
    deadline = time.monotonic() + _JOIN_S
    while publisher.get_subscription_count() < 2:
        session.drain(0.05)
        if time.monotonic() > deadline:
            raise VoiceError("vad and asr do not listen to `audio`.", "See the logs beside the summary.")
    table = Timetable(bag.sounds, time.time_ns() + _HEAD_START_NS)
    played_ns = 0
    try:
        for sound in track(bag.sounds, "real time", console=console, disable=not console.is_terminal):
            played_ns = _publish(session, publisher, sound, table)
        settle(session, ears, played_ns)
    except KeyboardInterrupt:
        console.print("interrupted; what was heard so far:")
    finals = [f for f in bag.finals if table.now(f.stamp_ns) <= played_ns]
    return list(_pairs(finals, ears.finals, table, bag.sounds[0].stamp_ns))


def _publish(session: Session, publisher: Any, sound: Sound, table: Timetable) -> int:
    """Send one block when a microphone would have; returns the time of its end."""
    stamp_ns = table.now(sound.stamp_ns)
    end_ns = stamp_ns + samples_to_ns(len(sound.data) // 2)
    # After a stall what is late is not sent in one burst: more than AUDIO's depth at once would be lost.
    session.drain(max(end_ns - time.time_ns(), (end_ns - stamp_ns) // 4) / NS)
    message = AudioDataStamped(audio=AudioData(data=sound.data))
    message.header.stamp = to_msg(stamp_ns)
    publisher.publish(message)
    return end_ns


def _pairs(recorded: Sequence[Final], replayed: Sequence[Final], table: Timetable, zero_ns: int) -> Iterator[Pair]:
    """Each recorded utterance with what overlaps it most; what overlaps none stands alone, in order of time."""
    partners: dict[int, list[Final]] = {i: [] for i in range(len(recorded))}
    rows: list[Pair] = []
    for new in replayed:
        shared = [_overlap(new, old, table) for old in recorded]
        best = max(range(len(shared)), key=shared.__getitem__, default=-1)
        if best >= 0 and shared[best] > 0:
            partners[best].append(new)
        else:
            seconds = (new.stamp_ns - table.now(zero_ns)) / NS
            rows.append(Pair(seconds, "", new.text, "", new.rejected_reason, new.latency_ms))
    for i, old in enumerate(recorded):
        news = partners[i]
        rows.append(
            Pair(
                (table.now(old.stamp_ns) - table.now(zero_ns)) / NS,
                old.text,
                " ".join(n.text for n in news),
                old.rejected_reason,
                "; ".join(n.rejected_reason for n in news if n.rejected_reason) if news else "not heard",
                news[0].latency_ms if news else None,
            )
        )
    yield from sorted(rows, key=lambda p: p.seconds)


def _overlap(new: Final, old: Final, table: Timetable) -> int:
    start, end = table.now(old.stamp_ns), table.now(old.speech_end_ns)
    return min(new.speech_end_ns, end) - max(new.stamp_ns, start)


def summarise_pairs(pairs: Sequence[Pair], bag: Bag, language: str) -> dict[str, Any]:
    """How alike the two are; `wer` counts what was passed on, the recorded words as the reference."""
    passed = [("" if p.recorded_reason else p.recorded, "" if p.replayed_reason else p.replayed) for p in pairs]
    return {
        "seconds": round(bag.seconds, 1),
        "utterances": len(pairs),
        "equal": sum(p.equal for p in pairs),
        "wer_to_recorded": rate(errors(a, b, language) for a, b in passed),
        "latency_ms": spread([p.latency_ms for p in pairs]),
        "cut_off": bag.cut_off,
        "pairs": [{**asdict(p), "equal": p.equal} for p in pairs],
    }
