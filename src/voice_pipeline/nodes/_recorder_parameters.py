"""Parameters of the recorder node, with the reason for every default. Apart because they are as long as the node."""

from __future__ import annotations

from voice_pipeline.recording.bag_file import COMPRESSIONS
from voice_pipeline.ros.parameters import Param

PARAMETERS = (
    Param(
        "folder",
        "",
        "Where the files go, made for its owner alone. Empty: ~/.local/share/voice_pipeline/recordings, the place for a "
        "user's data.",
    ),
    Param("microphone", True, "Keep what the microphone heard. True: without it nothing can be heard or replayed."),
    Param(
        "playback", True, "Keep what the robot played. True: half of a conversation, and silence costs next to nothing."
    ),
    Param(
        "compression",
        "zstd",
        "Of the chunks of a file. zstd: 1.55 MB a minute of speech where lz4 makes 1.82 and none 2.11, at 23 ms of processor a minute.",
        choices=tuple(COMPRESSIONS),
    ),
    Param(
        "flush_s",
        1.0,
        "How often what came is written out: a killed process loses this much. 1: shorter chunks compress worse.",
        unit="s",
        minimum=0.1,
        maximum=60.0,
    ),
    Param(
        "max_file_mb",
        100,
        "A new file is begun after this size. 100: an hour of listening, and still opened in a browser.",
        unit="MB",
        minimum=1,
        maximum=10_000,
    ),
    Param(
        "max_file_s",
        1800.0,
        "And after this time. Half an hour: a person finds a moment in it.",
        unit="s",
        minimum=1.0,
        maximum=86_400.0,
    ),
    Param(
        "keep_mb",
        1000,
        "All recordings in the folder together; the oldest are deleted to make room. 1000: ten hours of listening.",
        unit="MB",
        minimum=2,
        maximum=1_000_000,
    ),
    Param(
        "min_free_mb",
        500,
        "Nothing is recorded while the disk has less free than this. 500: the robot needs room for logs and updates.",
        unit="MB",
        minimum=0,
        maximum=1_000_000,
    ),
)
