"""Sound devices by name, through PortAudio: what microphone and loudspeaker have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from voice_pipeline.errors import VoiceError


@dataclass(frozen=True)
class Direction:
    """One way through a sound card, in PortAudio's word and in people's."""

    channels: str  # key of PortAudio's device table
    noun: str
    thing: str
    instead: str  # what to use on a machine without


INPUT = Direction("max_input_channels", "audio input", "microphone", "source: file")
OUTPUT = Direction("max_output_channels", "audio output", "loudspeaker", "sink: file or null")


def load_portaudio(direction: Direction) -> Any:
    """The sounddevice module.

    Raises:
        VoiceError: the Python package or the system library is missing.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise VoiceError(
            "the Python package 'sounddevice' is not installed.",
            f"Run `pip install sounddevice`, or use {direction.instead}.",
        ) from error
    except OSError as error:  # raised at import when the shared library is not found
        raise VoiceError(
            f"the PortAudio library is not on this machine, so there is no way to a {direction.thing}.",
            f"Run `sudo apt install libportaudio2`, or use {direction.instead}.",
        ) from error
    return sounddevice


def find_device(devices: list[dict[str, Any]], wanted: str, direction: Direction) -> int | None:
    """Index of a device: "" is the system's default (None), a number is an index, else a name or part of one.

    Raises:
        VoiceError: nothing matches, or several do and none exactly; lists what there is.
    """
    able = {i: d for i, d in enumerate(devices) if d[direction.channels] > 0}
    listing = "; ".join(f"{i}: {d['name']} ({d[direction.channels]} channels)" for i, d in able.items())
    if not able:
        raise VoiceError(
            f"this machine has no {direction.noun}.", f"Plug in a {direction.thing}, or use {direction.instead}."
        )
    if wanted == "":
        return None
    if wanted.isdigit():
        if int(wanted) in able:
            return int(wanted)
        raise VoiceError(f"device {wanted} is no {direction.noun}.", f"Set `device` to one of these: {listing}.")
    exact = [i for i, d in able.items() if d["name"] == wanted]
    matches = exact or [i for i, d in able.items() if wanted.lower() in d["name"].lower()]
    if len(matches) == 1:
        return matches[0]
    found = f"several {direction.noun}s match" if matches else f"no {direction.noun} matches"
    raise VoiceError(f"{found} '{wanted}'.", f"Set `device` to one of these, by number or name: {listing}.")


def check_device(wanted: str, direction: Direction) -> None:
    """Raise VoiceError with the cure when this machine has no such device."""
    find_device(list(load_portaudio(direction).query_devices()), wanted, direction)
