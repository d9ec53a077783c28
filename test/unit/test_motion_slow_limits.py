"""Slow limits are allowed, so everything that waits for a movement waits as long as one takes within them."""

import math

import pytest

from fake_robot import FakeRobot
from voice_pipeline.motion import wake
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.paths import at_rest, travel
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.tasks import Settings


@pytest.mark.parametrize(
    ("slow", "pose"),
    [
        ({"body_velocity": 5.0}, Pose(body_yaw=math.radians(90.0))),
        ({"head_velocity": 5.0, "head_acceleration": 20.0}, Pose(yaw=math.radians(-45.0))),
        ({"antenna_velocity": 5.0}, Pose(right_antenna=math.radians(170.0))),
    ],
)
def test_falling_asleep_waits_for_the_way_to_neutral_however_slow(slow, pose):
    limits = make_limits(**slow)
    controller = Controller(FakeRobot(pose), limits, {}, Settings())
    takes = sum(path.duration for path in travel(at_rest(pose), NEUTRAL, limits))
    assert takes > 10.0
    assert wake._patience(controller) > takes + 5.0
