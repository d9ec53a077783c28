"""Parameters of the translator node, with the reason for every default. Apart because they are as long as the node."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from voice_pipeline.nodes._dialogue_parameters import MODEL
from voice_pipeline.ros.parameters import Param

# What differs from a conversation's reason or default.
_OTHER: dict[str, dict[str, Any]] = {
    "max_tokens": {
        "default": 400,
        "description": "Longest translation of two or three sentences; each is also bound by the length of what was said. "
        "400: no sentence of speech is longer in any script.",
    },
    "context_length": {
        "default": 2048,
        "description": "Context of the model. Every utterance stands alone, and more costs memory.",
    },
    "temperature": {"description": "Randomness of the translation. 0 is repeatable."},
}
_MODEL = tuple(replace(p, **_OTHER.get(p.name, {})) for p in MODEL if p.name != "server_tools")

PARAMETERS = (
    *_MODEL,
    Param(
        "source",
        "auto",
        "Language of what is heard, ISO 639-1. auto: as asr says for each utterance, which is what it knows best.",
    ),
    Param(
        "target", "fr", "Language to speak, ISO 639-1. fr: kokoro has a French voice, the one of the next parameter."
    ),
    Param(
        "voice",
        "ff_siwis",
        "Voice of tts for the target language. Empty: that of the tts node, which speaks its own language only.",
    ),
    Param(
        "same_language",
        "speak",
        "What was said in the target language already passes unchanged: speak also says it, publish only writes it. speak: "
        "a listener hears everything in one voice.",
        choices=("speak", "publish"),
    ),
    Param(
        "cannot",
        "Traduction impossible pour le moment.",
        "Said when the model fails, once until it works again; write it in the target language. The words themselves are on "
        "`translation`, with the reason. Empty: nothing is said.",
    ),
    Param(
        "queue_size",
        500,
        "Utterances that may wait for the model. 500: an hour of talk. More come out untranslated.",
        "utterances",
        1,
        100_000,
    ),
    Param(
        "first_clause_chars",
        10,
        "The first clause is cut at the first mark after this many characters, as in dialogue.",
        "characters",
        1,
        200,
    ),
)
