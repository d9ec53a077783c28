"""Engines that take seconds to start and remember nothing: once for all files that ask for them."""

from __future__ import annotations

import pytest

from voice_pipeline.tts.protocol import SynthesizerOptions
from voice_pipeline.tts.registry import make_synthesizer


@pytest.fixture(scope="session")
def real_voice():
    """`real_voice(engine)`: the synthesiser with its defaults, its process started the first time it is asked for."""
    made = {}

    def voice(engine):
        if engine not in made:
            made[engine] = make_synthesizer(engine, SynthesizerOptions())
        return made[engine]

    yield voice
    for synthesizer in made.values():
        synthesizer.close()
