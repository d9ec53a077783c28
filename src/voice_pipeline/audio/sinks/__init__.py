"""Name -> audio sink. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voice_pipeline.audio.sinks.protocol import AudioSink
from voice_pipeline.audio.systems import AUTO, choose_system
from voice_pipeline.errors import VoiceError


@dataclass(frozen=True)
class SinkOptions:
    """What a profile can set of a sink; a sink ignores what it has no use for.

    Args:
        device: name, part of a name, index or preset; empty for the system's default.
        audio_system: pulse, portaudio, or auto for the first that answers.
        file_path: where the `file` sink writes.
        sample_rate: Hz; 0 lets a device choose (24 kHz if it takes it) and gives 24 kHz otherwise.
        period_s: seconds of one block.
    """

    device: str = ""
    file_path: str = ""
    sample_rate: int = 0
    period_s: float = 0.020
    audio_system: str = AUTO


def _device(options: SinkOptions) -> AudioSink:
    if choose_system(options.audio_system) == "pulse":
        from voice_pipeline.audio.sinks.pulse import PulseSink

        return PulseSink(options.device, options.sample_rate, options.period_s)
    from voice_pipeline.audio.sinks.portaudio import PortAudioSink

    return PortAudioSink(options.device, options.sample_rate, options.period_s)


def _file(options: SinkOptions) -> AudioSink:
    from voice_pipeline.audio.sinks.file import FileSink

    return FileSink(options.file_path, options.sample_rate)


def _null(options: SinkOptions) -> AudioSink:
    from voice_pipeline.audio.sinks.paced import NullSink

    return NullSink(options.sample_rate)


SINKS: dict[str, Callable[[SinkOptions], AudioSink]] = {"device": _device, "file": _file, "null": _null}


def make_sink(name: str, options: SinkOptions) -> AudioSink:
    """The sink `name`, not opened yet.

    Raises:
        VoiceError: there is no such sink.
    """
    if name not in SINKS:
        raise VoiceError(f"there is no audio sink '{name}'.", f"Use one of: {', '.join(SINKS)}.")
    return SINKS[name](options)
