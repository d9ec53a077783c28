"""The microphone, through the audio system of this machine. Apart so that each system is imported only where it is used."""

from __future__ import annotations

from dataclasses import dataclass

from voice_pipeline.audio.resample import MIX
from voice_pipeline.audio.sources.push import PushSource


@dataclass(frozen=True)
class Microphone:
    """What a profile can set of a microphone.

    Args:
        device: name, description, part of one, index or preset; empty for the default.
        sample_rate: Hz to open it with; 0 for 16 kHz where the system can, else the device's own rate.
        channels: to open it with; 0 for what is needed.
        channel: which of them to hear, MIX for the mean of all.
    """

    device: str = ""
    sample_rate: int = 0
    channels: int = 0
    channel: int = MIX


def device_source(system: str, what: Microphone) -> PushSource:
    """A source that is not opened yet.

    Args:
        system: from choose_system().
        what: to open.
    """
    if system == "pulse":
        from voice_pipeline.audio.sources.pulse import PulseSource

        return PulseSource(what.device, what.sample_rate, what.channels, what.channel)
    from voice_pipeline.audio.sources.portaudio import PortAudioSource

    return PortAudioSource(what.device, what.sample_rate, what.channels, what.channel)
