"""Parameters of the tts node, with the reason for every default. Apart because they are as long as the node."""

from __future__ import annotations

from voice_pipeline.ros.parameters import Param
from voice_pipeline.tts.protocol import DEFAULT_PROVIDERS
from voice_pipeline.tts.registry import SYNTHESIZERS

SPEEDS = (0.5, 2.0)  # as Say.action has it

TTS = (
    Param(
        "engine",
        "kokoro",
        "Synthesiser. kokoro sounds best; piper is ten times faster, for weak CPUs.",
        choices=tuple(SYNTHESIZERS),
    ),
    Param("model", "", "Model: id in the model store or a folder. Empty takes the engine's own."),
    Param("voice", "", "Voice of goals that name none. Empty takes the engine's own: af_sarah for kokoro."),
    Param(
        "speed",
        1.0,
        "Pace of goals that name none. 1 is the voice's own.",
        minimum=SPEEDS[0],
        maximum=SPEEDS[1],
    ),
    Param(
        "threads",
        2,
        "CPU threads of one synthesis. 2, because more than the cores that are free makes it slower.",
        minimum=1,
        maximum=32,
    ),
    Param(
        "providers",
        list(DEFAULT_PROVIDERS),
        "ONNX Runtime execution providers, the best first. The CPU is the fall-back on a machine without CUDA.",
    ),
    Param(
        "pronunciations",
        ["Reachy=Reechy"],
        'Words the voice gets wrong, as "word=spelling". Without the default the robot calls itself Reeky.',
    ),
    Param(
        "queue_size",
        16,
        "Goals that may wait or play; more are refused. 16 clauses are about a minute of speech.",
        minimum=1,
        maximum=256,
    ),
    Param(
        "cache_phrases",
        64,
        "How many short phrases are kept as sound. 64 cost at most 8 MB and make the usual ones immediate.",
        minimum=0,
        maximum=4096,
    ),
    Param(
        "stock_phrases",
        [],
        "Phrases synthesised at configure, so that they are immediate. None, because each takes 0.5 s of the first "
        "start-up, and `prepare_speech` with `keep` has them made while nothing else is to do.",
    ),
    Param(
        "keep_on_disk",
        True,
        "Stock phrases are kept in the cache folder, never answers. On, so that the next start has them at once.",
    ),
    Param(
        "chunk_ms",
        200.0,
        "Length of a message on `speech`. 200 keeps their number low; the first leaves as soon as it is made.",
        unit="ms",
        minimum=20.0,
        maximum=1000.0,
    ),
    Param(
        "wait_for_playback",
        True,
        "A goal ends when it was played. False ends it when it was sent, for a `speech` that something else plays.",
    ),
    Param(
        "player_timeout",
        2.0,
        "Without a word from the player for this long after sending sound the goal fails. Forty of its reports.",
        unit="s",
        minimum=0.2,
        maximum=60.0,
    ),
)
