"""Motion nodes that give nobody up because this machine stands still for a while; apart from motion_bench.py because it
reaches into many parts."""

from dataclasses import replace

import pytest

from ros_bench import PATIENCE_S
from voice_pipeline.motion import pointing, reachy_mini, trajectory_link, trajectory_robot, wake
from voice_pipeline.motion.reachy_mini import ReachyMini
from voice_pipeline.nodes import _motion_ros_control, motion


def be_patient(monkeypatch, settle=PATIENCE_S):
    """A node, a daemon or a controller that this machine leaves without time for seconds counts as there; motion still
    holds while states are old. `hasty` makes a node notice again."""
    settings_of, wait = motion.settings_of, ReachyMini._wait
    monkeypatch.setattr(
        motion, "settings_of", lambda p: replace(settings_of(p), state_timeout=PATIENCE_S, settle=settle)
    )
    monkeypatch.setattr(ReachyMini, "_wait", lambda self, task, timeout, abort: wait(self, task, PATIENCE_S, abort))
    monkeypatch.setattr(_motion_ros_control, "_BEFORE", 100.0)  # of the default timeout: 40 s
    for module, name in (
        (reachy_mini, "_SILENCE_S"),
        (reachy_mini, "_CONNECT_S"),
        (wake, "_NEUTRAL_S"),
        (trajectory_link, "ANSWER_S"),
        (trajectory_robot, "ANSWER_S"),
        (trajectory_robot, "_LATER_S"),
        (pointing, "_LONGEST_S"),
    ):
        monkeypatch.setattr(module, name, PATIENCE_S)


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """See be_patient; for every test of a file that imports it."""
    be_patient(monkeypatch)
