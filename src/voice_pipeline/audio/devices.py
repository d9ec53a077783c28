"""Which sound device a name means: what microphone and loudspeaker, and every audio system, have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass

from voice_pipeline.errors import VoiceError


@dataclass(frozen=True)
class Direction:
    """One way through a sound card, in people's words."""

    noun: str
    thing: str
    instead: str  # what to use on a machine without


INPUT = Direction("audio input", "microphone", "source: file")
OUTPUT = Direction("audio output", "loudspeaker", "sink: file or null")


@dataclass(frozen=True)
class Device:
    """A microphone or loudspeaker as an audio system tells it.

    Args:
        name: stable across replugging where the system has such names.
        description: for people; the same as the name where there is no other.
        channels: it has.
        sample_rate: Hz it runs at or prefers.
        index: number; not stable.
        default: what an empty name means.
        monitor: an input that hears what an output plays, no microphone.
        muted: in the audio system.
    """

    name: str
    description: str
    channels: int
    sample_rate: int
    index: int
    default: bool = False
    monitor: bool = False
    muted: bool = False

    @property
    def label(self) -> str:
        """For lists in messages."""
        same = self.name == self.description
        return f"{self.name}{'' if same else f' ({self.description})'}, {self.channels} channels"


@dataclass(frozen=True)
class Preset:
    """A device that is known well enough to be opened right without being described.

    Args:
        match: part of its name in every audio system.
        sample_rate: Hz.
        channels: to open it with.
        channel: to hear.
    """

    match: str
    sample_rate: int
    channels: int
    channel: int


PRESETS = {
    # The robot's four-microphone array: its own processor cancels echo, steers the beam and gives 16 kHz stereo; the
    # first channel is the processed one.
    "reachy_mini": Preset("Reachy Mini Audio", 16_000, 2, 0),
}


def find_device(devices: list[Device], wanted: str, direction: Direction) -> Device:
    """The device that a name means: "" is the default, a number an index, else a name, description or part of one.

    Letters' case, spaces, dashes and underscores do not matter in a part. An input that only hears what an output
    plays (a monitor) is taken when it is named in full or the word "monitor" is in `wanted`, never by accident.

    Raises:
        VoiceError: nothing matches, or several do and none exactly; lists what there is.
    """
    real = [d for d in devices if not d.monitor]
    able = devices if "monitor" in wanted.lower() else real
    listing = "; ".join(f"{d.index}: {d.label}" for d in devices)
    if not (devices if wanted else real):
        looked_for = f", so none is '{wanted}'" if wanted else ""
        raise VoiceError(
            f"this machine has no {direction.noun}{looked_for}.",
            f"Plug in a {direction.thing}, or use {direction.instead}.",
        )
    if wanted == "":
        chosen = next((d for d in real if d.default), None)
        if chosen is not None:
            return chosen
        raise VoiceError(f"this machine has no default {direction.noun}.", f"Set `device` to one of these: {listing}.")
    if wanted.isdigit():
        numbered = next((d for d in devices if d.index == int(wanted)), None)
        if numbered is not None:
            return numbered
        raise VoiceError(f"device {wanted} is no {direction.noun}.", f"Set `device` to one of these: {listing}.")
    wanted = PRESETS[wanted].match if wanted in PRESETS else wanted
    exact = [d for d in devices if wanted in (d.name, d.description)]
    part = _plain(wanted)
    matches = exact or [d for d in able if part in _plain(d.name) or part in _plain(d.description)]
    if len(matches) == 1:
        return matches[0]
    found = f"several {direction.noun}s match" if matches else f"no {direction.noun} matches"
    raise VoiceError(
        f"{found} '{wanted}'.", f"Plug it in, or set `device` to one of these, by number or name: {listing}."
    )


def _plain(name: str) -> str:
    """Servers write names with underscores, people with spaces."""
    return re.sub(r"[\W_]+", " ", name).strip().casefold()
