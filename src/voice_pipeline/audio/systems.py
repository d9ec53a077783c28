"""Which audio system reaches the devices: the sound server where one answers, else PortAudio."""

from __future__ import annotations

from voice_pipeline.audio.devices import Device, Direction, find_device
from voice_pipeline.errors import VoiceError

SYSTEMS = ("pulse", "portaudio")
AUTO = "auto"


def choose_system(wanted: str = AUTO) -> str:
    """The name of the system to use. auto asks once whether a sound server answers: choose once, then reopen with it,
    so that a server that restarts does not find its card taken by PortAudio."""
    if wanted != AUTO:
        return wanted
    from voice_pipeline.audio.pulse import PulseConnection

    try:
        PulseConnection().close()
    except VoiceError:
        return "portaudio"
    return "pulse"


def list_devices(system: str, direction: Direction) -> list[Device]:
    """All devices of one direction.

    Raises:
        VoiceError: the system is not on this machine.
    """
    if system == "pulse":
        from voice_pipeline.audio.pulse import PulseConnection

        server = PulseConnection()
        try:
            return server.devices(direction)
        finally:
            server.close()
    from voice_pipeline.audio.portaudio import load_portaudio, portaudio_devices, refresh

    portaudio = load_portaudio(direction)
    refresh(portaudio)
    return portaudio_devices(portaudio, direction)


def check_device(wanted: str, direction: Direction, system: str = AUTO) -> None:
    """Raise VoiceError with the cure when this machine has no such device."""
    find_device(list_devices(choose_system(system), direction), wanted, direction)
