"""Parameters of the audio_capture node, with the reason for every default. Apart because they are as long as the node."""

from __future__ import annotations

from voice_pipeline.audio.direction import MAX_DISTANCE_M
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
        "Rate to open the device with. 0: 16000 if it can (a sound server always can), else its own, resampled. "
        "The card's own rate keeps what lies above 6 kHz and costs 17 ms more (docs/hearing.md).",
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
    # direction of the voice, from two channels
    Param(
        "microphone_distance_m",
        0.0,
        "Distance of two microphones that stand left and right and face ahead; publishes sound_direction in frame_id. "
        "0: off; most devices have one microphone. Best 0.05..0.15; not for Reachy Mini, whose daemon tells it.",
        unit="m",
        minimum=0.0,
        maximum=MAX_DISTANCE_M,
    ),
    Param(
        "microphone_left",
        0,
        "Channel of the left one, as the robot sees it. 0: how stereo is ordered.",
        minimum=0,
        maximum=63,
    ),
    Param(
        "microphone_right",
        1,
        "Channel of the right one. 1: as microphone_left.",
        minimum=0,
        maximum=63,
    ),
    Param(
        "silent_after_s",
        10.0,
        "A microphone that gives exact zeros for so long is called silent on /diagnostics. 10: arrays that suppress noise "
        "give zeros between sentences.",
        unit="s",
        minimum=1.0,
        maximum=3600.0,
    ),
    Param(
        "clipped_percent",
        1.0,
        "A microphone with more samples at full scale within 5 s is called overdriven. 1: no recording of a well set one reaches it, half of them amplified by 12 dB do (docs/hearing.md).",
        unit="%",
        minimum=0.0,
        maximum=100.0,
    ),
    Param(
        "offset_percent",
        5.0,
        "A microphone whose mean over 5 s is further from zero is called broken. 5: recordings of working ones stay below 3.5.",
        unit="%",
        minimum=0.1,
        maximum=100.0,
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
    # echo of the robot's own voice
    Param(
        "echo",
        "software",
        "What keeps the robot's own voice out. hardware: the microphone does it itself, nothing is done here. software: a "
        "canceller that is given what is played. gate: the microphone is silenced while the robot is heard; for hardware "
        "that nothing else helps, since the robot then cannot be interrupted. off: headphones, recordings (in YAML write "
        '"off", with quotes). software: it changes nothing while the robot is silent.',
        choices=("hardware", "software", "gate", "off"),
    ),
    Param(
        "echo_gate_tail_s",
        0.5,
        "echo: gate stays closed for so long after the last sound. 0.5: a loudspeaker's latency, and a living room's "
        "reverberation. Longer loses the first word of a quick reply.",
        unit="s",
        minimum=0.0,
        maximum=5.0,
    ),
    Param(
        "echo_wait_s",
        0.02,
        "echo: software waits so long for what is played when it comes late, on top of the 32 ms it holds back while the "
        "robot speaks. 0.02: one block of the player. Raise it when echo_late_references grows on /diagnostics.",
        unit="s",
        minimum=0.0,
        maximum=0.2,
    ),
)
