"""Each ROS test gets a domain of its own, loopback discovery, and leaves no thread or process behind."""

from __future__ import annotations

import sys
from functools import partial

import pytest
from dialogue_bench import Neighbours

from ros_bench import fresh_bench
from voice_pipeline.turn.state import TurnSettings


@pytest.fixture
def ros(monkeypatch):
    """A RosBench on a fresh ROS domain."""
    yield from fresh_bench(monkeypatch)


@pytest.fixture(autouse=True)
def patient_turns(monkeypatch):
    """The dialogue node waits for its neighbours as long as a stalled machine takes; its times are tested with a held clock.

    settle_s: for what was heard of an interrupted answer; hold_s: for the words of an utterance; join_s: how soon words
    belong to the question before.
    """
    if dialogue := sys.modules.get("voice_pipeline.nodes.dialogue"):
        monkeypatch.setattr(dialogue, "TurnSettings", partial(TurnSettings, settle_s=20.0, hold_s=60.0, join_s=60.0))


@pytest.fixture
def neighbours(ros):
    """neighbours(*what) makes the nodes that dialogue or translator talk to; ended after the test."""
    made = []

    def make(*what, **kwargs):
        made.append(Neighbours(ros, *what, **kwargs))
        return made[-1]

    yield make
    for node in made:
        node.end()
