"""What the robot's array hears: the daemon's message, the frame, and what is not worth telling."""

import json
import math

import pytest

from voice_pipeline.motion.bearings import Bearings
from voice_pipeline.motion.protocol import Bearing
from voice_pipeline.motion.sound_array import parse_bearing

MESSAGE = {
    "head_pose": {"x": 0, "y": 0, "z": 0, "roll": 0, "pitch": 0, "yaw": 0.5},
    "body_yaw": 0.2,
    "doa": {"angle": math.pi / 2, "speech_detected": True},
}


def doa(angle, **more):
    return json.dumps({**MESSAGE, "doa": {"angle": angle, "speech_detected": True}, **more})


def bearing(t, yaw=0.0, head=0.0, body=0.0, speech=True):
    return Bearing(t, int(t * 1e9), yaw, head, body, speech)


@pytest.mark.parametrize(("angle", "yaw"), [(0.0, 90), (math.pi / 2, 0), (math.pi, -90), (math.pi / 4, 45)])
def test_left_of_the_daemon_is_left_of_ros(angle, yaw):
    heard = parse_bearing(doa(angle))
    assert math.degrees(heard.yaw) == pytest.approx(yaw)
    assert (heard.head_yaw, heard.body_yaw, heard.speech) == (0.5, 0.2, True)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "null",
        "[]",
        b"\xff",
        json.dumps({**MESSAGE, "doa": None}),
        json.dumps({k: v for k, v in MESSAGE.items() if k != "doa"}),
        doa("left"),
        doa(None),
        doa(math.nan),
        doa(math.inf),
        doa(7.0),
        doa(-1.0),
        doa(1.0, head_pose=None),
        doa(1.0, body_yaw=math.nan),
    ],
)
def test_garbage_and_an_absent_array_are_no_direction(text):
    assert parse_bearing(text) is None


@pytest.mark.parametrize(("frame", "yaw"), [("head", 0.8), ("body", 0.5), ("base", 0.3)])
def test_the_direction_is_of_the_base_whatever_the_array_is_fixed_to(frame, yaw):
    assert Bearings(frame).hear(bearing(1.0, 0.3, head=0.5, body=0.2)) == pytest.approx(yaw)


def test_the_same_voice_has_the_same_direction_wherever_the_head_faces():
    bearings = Bearings("head")
    assert bearings.hear(bearing(1.0, 0.6, head=0.0)) == pytest.approx(0.6)
    bearings.hear(bearing(2.0, 0.1, head=0.5))
    assert bearings.hear(bearing(3.0, 0.1, head=0.5)) == pytest.approx(0.6)


def test_it_is_within_half_a_turn():
    assert Bearings("head").hear(bearing(1.0, 1.5, head=2.0)) == pytest.approx(3.5 - 2 * math.pi)


def test_while_the_head_turns_no_direction_is_told():
    bearings = Bearings("head")
    assert bearings.hear(bearing(1.0, 0.5)) is not None
    assert [bearings.hear(bearing(1.0 + n / 10, 0.5 - n / 10, head=n / 10)) for n in range(1, 5)] == [None] * 4
    assert bearings.hear(bearing(1.9, 0.0, head=0.4)) is not None


def test_at_most_ten_a_second_and_only_what_is_new():
    bearings = Bearings("head")
    told = [bearings.hear(bearing(n * 0.02, n * 0.05 % 1.5)) for n in range(100)]
    assert 15 <= sum(t is not None for t in told) <= 20
    bearings = Bearings("head")
    told = [bearings.hear(bearing(n * 0.1, 0.5)) for n in range(50)]
    assert 9 <= sum(t is not None for t in told) <= 11  # a voice that stays: twice a second
    bearings = Bearings("head")
    told = [bearings.hear(bearing(n * 0.1, 0.5, speech=False)) for n in range(50)]
    assert sum(t is not None for t in told) == 1
