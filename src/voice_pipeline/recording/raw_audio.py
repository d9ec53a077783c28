"""Sound of a ROS topic, as it came over the wire, turned into the message that Foxglove plays; and back for `eval`.

Both are little-endian CDR, read and written by hand: one pass over the bytes, and foxglove_msgs need not be installed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from voice_pipeline.errors import VoiceError

PCM16 = "pcm-s16"
_LITTLE = b"\x00\x01\x00\x00"  # CDR's encapsulation header: plain, little-endian
NS = 1_000_000_000


@dataclass(frozen=True)
class Sound:
    """A block of sound.

    Args:
        stamp_ns: time of its first sample, ns since the epoch.
        data: S16LE, interleaved.
        sample_rate: Hz.
    """

    stamp_ns: int
    data: bytes
    sample_rate: int
    channels: int


def from_stamped(cdr: bytes) -> tuple[int, bytes]:
    """Stamp in ns and PCM bytes of an audio_common_msgs/AudioDataStamped.

    Raises:
        VoiceError: the bytes are no such message.
    """
    _check(cdr)
    try:
        sec, nanosec, name = struct.unpack_from("<iII", cdr, 4)
        at = _align(16 + name)
        (count,) = struct.unpack_from("<I", cdr, at)
    except struct.error as error:
        raise _broken(error) from error
    data = bytes(cdr[at + 4 : at + 4 + count])
    if len(data) != count:
        raise _broken("cut off")
    return sec * NS + nanosec, data


def to_cdr(sound: Sound) -> bytes:
    """The sound as a foxglove_msgs/RawAudio."""
    head = struct.pack("<iII", sound.stamp_ns // NS, sound.stamp_ns % NS, len(sound.data))
    body = _LITTLE + head + sound.data
    body += bytes(_align(len(body)) - len(body))
    text = PCM16.encode() + b"\x00"
    body += struct.pack("<I", len(text)) + text
    body += bytes(_align(len(body)) - len(body))
    return body + struct.pack("<II", sound.sample_rate, sound.channels)


def from_cdr(cdr: bytes) -> Sound:
    """The sound in a foxglove_msgs/RawAudio.

    Raises:
        VoiceError: the bytes are no such message, or another format than 16-bit PCM.
    """
    _check(cdr)
    try:
        sec, nanosec, count = struct.unpack_from("<iII", cdr, 4)
        at = _align(16 + count)
        (length,) = struct.unpack_from("<I", cdr, at)
        text = bytes(cdr[at + 4 : at + 4 + length]).rstrip(b"\x00").decode()
        rate, channels = struct.unpack_from("<II", cdr, _align(at + 4 + length))
    except (struct.error, UnicodeDecodeError) as error:
        raise _broken(error) from error
    if text != PCM16:
        raise VoiceError(f"recorded sound is '{text}'.", f"Only {PCM16} can be read.")
    return Sound(sec * NS + nanosec, bytes(cdr[16 : 16 + count]), rate, channels)


def _check(cdr: bytes) -> None:
    if bytes(cdr[:2]) != _LITTLE[:2]:
        raise _broken("it is not little-endian CDR")


def _align(offset: int) -> int:
    """The next multiple of four, counted from behind the encapsulation header (which is four long itself)."""
    return (offset + 3) & ~3


def _broken(why: object) -> VoiceError:
    return VoiceError(f"a message of sound cannot be read: {why}.", "Look at who publishes it.")
