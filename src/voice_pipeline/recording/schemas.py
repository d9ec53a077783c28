"""Message definitions as MCAP's `ros2msg` wants them: the text of a type, then that of every type it is made of."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from voice_pipeline.errors import VoiceError

RAW_AUDIO = "foxglove_msgs/msg/RawAudio"
# The definition that Foxglove publishes for ROS 2: sound in this type is what its audio panel plays. Written out here
# because the recorder makes the bytes itself (raw_audio.py) and the package need not be installed.
_RAW_AUDIO_TEXT = """\
# foxglove_msgs/msg/RawAudio
# A single block of an audio bitstream

# Timestamp of the start of the audio block
builtin_interfaces/Time timestamp

# Audio data. The samples in the data must be interleaved and little-endian
uint8[] data

# Audio format. Only 'pcm-s16' is currently supported
string format

# Sample rate in Hz
uint32 sample_rate

# Number of channels in the audio block
uint32 number_of_channels
"""
_PRIMITIVE = re.compile(r"(bool|byte|char|float(32|64)|u?int(8|16|32|64)|w?string(<=\d+)?)$")
_LINE = "=" * 80


@cache
def definition(type_name: str) -> str:
    """The full definition of "package/msg/Type", from the installed packages' share folders.

    Raises:
        VoiceError: no such package or message on this machine.
    """
    parts, seen = [_text(type_name)], {type_name}
    waiting = _made_of(type_name)
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        parts.append(f"{_LINE}\nMSG: {name.replace('/msg/', '/')}\n{_text(name)}")
        waiting += _made_of(name)
    return "".join(part if part.endswith("\n") else part + "\n" for part in parts)


def _made_of(type_name: str) -> list[str]:
    """Types of the fields of a message that are messages themselves, in order."""
    package = type_name.split("/")[0]
    found = []
    for line in _text(type_name).splitlines():
        words = line.split("#")[0].split()
        kind = re.sub(r"\[.*?\]$", "", words[0]) if len(words) > 1 else ""
        if kind and not _PRIMITIVE.match(kind):
            owner, _, name = kind.rpartition("/")
            found.append(f"{owner.split('/')[0] or package}/msg/{name}")
    return found


def _text(type_name: str) -> str:
    return _RAW_AUDIO_TEXT if type_name == RAW_AUDIO else _installed(type_name)


def _installed(type_name: str) -> str:
    from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

    package, _, name = type_name.split("/")
    try:
        return (Path(get_package_share_directory(package)) / "msg" / f"{name}.msg").read_text()
    except (PackageNotFoundError, OSError) as error:
        raise VoiceError(
            f"the definition of {type_name} is not on this machine.", f"Build or install the package '{package}'."
        ) from error
