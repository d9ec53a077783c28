"""Parameters of the audio_capture node, with the reason for every default. Apart because they are as long as the node."""

from __future__ import annotations

from voice_pipeline.audio.resample import MIX
from voice_pipeline.audio.systems import AUTO, SYSTEMS
from voice_pipeline.ros.parameters import Param

PARAMETERS = (
    Param(
        "source",
        "device",
        "Where sound comes from. device: a robot hears through its microphone.",
        choices=("device", "file", "topic"),
    ),
    Param(
        "frame_id",
        "microphone",
        "Frame of the messages. microphone: the name REP-155 users expect; set it to a link of the robot.",
    ),
    # device
    Param(
        "device",
        "",
        "Microphone: name, part of a name, number, or reachy_mini (the robot's array, opened as it should be). "
        "`ros2 run voice_pipeline devices` lists them. Empty: the system's default. Names survive replugging.",
    ),
    Param(
        "audio_system",
        AUTO,
        "Who owns the microphone. auto: the sound server (PulseAudio, PipeWire) where one answers, else PortAudio. "
        "pulse where the server starts later than this node, portaudio to go past it.",
        choices=(AUTO, *SYSTEMS),
    ),
    Param(
        "sample_rate",
        0,
        "Rate to open the device with. 0: 16000 if it can (a sound server always can), else its own, resampled.",
        unit="Hz",
        minimum=0,
        maximum=192_000,
    ),
    Param(
        "channels",
        0,
        "Channels to open the device with. 0: all it has (sound server), or as many as `channel` needs (PortAudio).",
        minimum=0,
        maximum=64,
    ),
    Param(
        "channel",
        MIX,
        "Which channel to hear, -1 for the mean of all. -1: right for mono and for stereo recordings; "
        "set it to the processed channel of a microphone array.",
        minimum=MIX,
        maximum=63,
    ),
    # file
    Param("file", "", "A recording to play (WAV, FLAC, OGG, MP3). Empty: none, ~/play_file asks for them."),
    Param("files", [], "Recordings to play after `file`, in order. Empty: none."),
    Param(
        "gap_s",
        1.0,
        "Silence between recordings. 1: longer than any wait for the end of speech.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    ),
    Param(
        "silence_before_s",
        0.5,
        "Silence before the first recording. 0.5: room for the pre-roll of an utterance that starts at once.",
        unit="s",
        minimum=0.0,
        maximum=600.0,
    ),
    Param(
        "silence_after_s",
        1.0,
        "Silence after the last recording. 1: longer than any wait for the end of speech.",
        unit="s",
        minimum=0.0,
        maximum=600.0,
    ),
    Param("loop", False, "Play the list again and again. False: a conversation does not repeat itself."),
    Param(
        "keep_open",
        True,
        "Send silence after the last recording, as a quiet microphone. True: the pipeline stays awake for ~/play_file.",
    ),
    Param(
        "autoplay",
        True,
        "Start the list on activation; otherwise on the ~/start service. True: one node with one file just plays it.",
    ),
    # topic
    Param(
        "input_topic",
        "audio_raw",
        "AudioDataStamped to take sound from. audio_raw: not `audio`, which is this node's own.",
    ),
    Param(
        "input_info_topic",
        "",
        "AudioInfo of input_topic. Empty: its name with _info behind, as here.",
    ),
)
