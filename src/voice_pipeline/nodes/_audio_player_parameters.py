"""Parameters of the audio_player node, with the reason for every default. Apart because they are as long as the node."""

from __future__ import annotations

from voice_pipeline.audio.sinks import SINKS
from voice_pipeline.audio.systems import AUTO, SYSTEMS
from voice_pipeline.ros.parameters import Param

VOLUME = Param(
    "volume",
    1.0,
    "Gain of everything that is played. 1 leaves the voice as it was made; the device has a volume of its own.",
    minimum=0.0,
    maximum=1.0,
    live=True,
)

PARAMETERS = (
    Param(
        "sink",
        "device",
        "Where sound goes: a loudspeaker, a WAV file, or nowhere at real-time pace. "
        "A loudspeaker, because that is what a robot has.",
        choices=tuple(SINKS),
    ),
    Param(
        "device",
        "",
        "Sink device: name, part of a name, index, or reachy_mini. Empty takes the system's default. "
        "`ros2 run voice_pipeline devices` lists them. Names survive replugging, indices do not.",
    ),
    Param(
        "audio_system",
        AUTO,
        "Who owns the loudspeaker. auto: the sound server (PulseAudio, PipeWire) where one answers, else "
        "PortAudio. pulse where the server starts later than this node, portaudio to go past it.",
        choices=(AUTO, *SYSTEMS),
    ),
    Param("file_path", "", "Sink file: the WAV to write, overwritten on activate. Empty, so that nobody's file is."),
    Param(
        "sample_rate",
        0,
        "Rate of the sink. 0 takes 24000, Kokoro's own, or what the device prefers; other speech is resampled.",
        unit="Hz",
        minimum=0,
        maximum=192_000,
    ),
    Param(
        "period_ms",
        20.0,
        "Length of a block; orders take effect within one. 20 costs 1 % of a core and nobody hears it as late. "
        "A sound server keeps three of them, 60 ms at least: raise it where `underruns` grows.",
        unit="ms",
        minimum=5.0,
        maximum=100.0,
    ),
    VOLUME,
    Param(
        "stream_timeout",
        10.0,
        "A clause whose chunks stop without a last one ends after this. Longer than the slowest synthesis of a "
        "piece, because it is only for a tts node that died.",
        unit="s",
        minimum=0.5,
        maximum=120.0,
    ),
    Param(
        "longest_pause_s",
        10.0,
        "A pause that nobody ends is ended after this, or a dialogue that died would silence the robot for ever. "
        "It takes a second or two to tell an interruption from a cough; this is five times as long.",
        unit="s",
        minimum=0.5,
        maximum=600.0,
    ),
)
