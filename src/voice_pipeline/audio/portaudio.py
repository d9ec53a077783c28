"""PortAudio: its devices, and its list of them brought up to date. For machines without a sound server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from voice_pipeline.audio.devices import INPUT, Device, Direction
from voice_pipeline.errors import VoiceError

_lock = threading.Lock()
_open_streams = 0  # of this process


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


def portaudio_devices(portaudio: Any, direction: Direction) -> list[Device]:
    """All of one direction, from PortAudio's list; see refresh()."""
    kind = "input" if direction is INPUT else "output"
    try:
        default = portaudio.query_devices(kind=kind)["index"]
    except (portaudio.PortAudioError, ValueError):  # there is none
        default = -1
    return [
        Device(str(d["name"]), str(d["name"]), d[f"max_{kind}_channels"], int(d["default_samplerate"]), i, i == default)
        for i, d in enumerate(portaudio.query_devices())
        if d[f"max_{kind}_channels"] > 0
    ]


def refresh(portaudio: Any) -> bool:
    """Make PortAudio look again: it lists the devices once, when it starts, and never sees one that was plugged in later.

    Starting it anew would pull every open stream from under its owner, so it is left alone while this process has one.
    False then.
    """
    with _lock:
        if _open_streams:
            return False
        portaudio._terminate()
        portaudio._initialize()
        return True


def opened(make: Callable[[], Any]) -> Any:
    """A stream made by `make()`, started, and counted as open until closed(); a refresh waits or sees it."""
    global _open_streams
    with _lock:
        stream = make()
        try:
            stream.start()
        except BaseException:
            stream.close()
            raise
        _open_streams += 1
        return stream


def closed() -> None:
    """A stream of opened() was closed."""
    global _open_streams
    with _lock:
        _open_streams -= 1


def stale(error: VoiceError) -> VoiceError:
    """`error` of a device that is missing from a list that could not be brought up to date, with the cure."""
    return VoiceError(
        f"{error.what} PortAudio cannot look again while another stream of this process is open.",
        "Run audio_capture and audio_player as processes of their own (`use_composition:=false`), "
        f"or use a sound server (`audio_system: pulse`). {error.cure}",
    )
