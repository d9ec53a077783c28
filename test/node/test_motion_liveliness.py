"""The motion node moves of its own accord on the real simulated daemon: measured on joint_states, told by the topics of
the conversation, and at rest as soon as somebody speaks."""

import math

import numpy as np
import pytest
from voice_pipeline.action import MoveHead
from voice_pipeline.msg import MotionState, PlaybackState, TurnState, VoiceActivity

from motion_bench import Body, Stream, patience, simulated_robot  # noqa: F401
from voice_pipeline.ros.qos import EVENTS, LATCHED

pytestmark = pytest.mark.timeout(600)

RIGHT, LEFT = 7, 8  # in joint_states
NECK = slice(1, 7)
STILL = 1e-3  # rad: the daemon solves the neck anew for every pose it is sent, and differs by 0.0006 at rest
SECOND = 50  # measured states: motion holds where they come late, so this is a second for the body too


class Living(Body):
    """A motion node that lives, and a conversation around it."""

    def __init__(self, ros, robot, **params):
        super().__init__(ros, robot, **{"liveliness": True, "breathing_after_s": 0.3, **params})
        self.voice = self.peer.publisher(VoiceActivity, "voice_activity", EVENTS)
        self.playback = self.peer.publisher(PlaybackState, "playback", EVENTS)
        self.turn = self.peer.publisher(TurnState, "turn", LATCHED)

    def spread(self, since):
        """How far each joint went from the measured state `since` on, float64[9]."""
        return np.ptp(np.array([m.position for m in self.joints[since:]]).reshape(-1, 9), axis=0)

    def still(self, n=SECOND):
        """At rest within a while, and then for n measured states."""
        self.ros.wait(lambda: self.spread(-25).max() < STILL and len(self.joints) > 25, what="rest")
        start = len(self.joints)
        self.measured(n)
        assert self.spread(start).max() < STILL

    def breathes(self):
        start = len(self.joints)
        self.ros.wait(
            lambda: len(self.joints) > start and self.spread(start)[RIGHT] > math.radians(2), what="breathing"
        )

    def hears(self, event):
        self.voice.publish(VoiceActivity(event=event, direction_rad=math.nan, utterance_id="u1"))


def test_it_breathes_and_is_still_while_somebody_speaks(ros, robot):
    body = Living(ros, robot, glances=False)
    body.breathes()
    start = len(body.joints)
    body.measured(4 * SECOND)
    ros.wait(lambda: np.degrees(body.spread(start)[RIGHT]) == pytest.approx(30, abs=4))
    positions = np.array([m.position for m in body.joints[start:]])
    way = positions - positions[0]  # from where the robot was found: another test may have left it with uneven antennas
    assert way[:, RIGHT] == pytest.approx(-way[:, LEFT], abs=1e-3)
    assert body.spread(start)[NECK].max() > 0.01  # the legs of the neck raise and lower it
    body.wait(lambda m: m.state == MotionState.IDLE and m.moving)
    body.hears(VoiceActivity.START)
    ros.wait(lambda: body.node._hearing.attention.speaking)
    body.still(2 * SECOND)
    body.wait(lambda m: not m.moving)
    body.hears(VoiceActivity.END)
    body.breathes()
    body.check_sent()
    body.check_unclamped()


def test_it_sways_with_what_is_played_and_only_then(ros, robot):
    body = Living(ros, robot, breathing=False, glances=False)
    body.turn.publish(TurnState(state=TurnState.SPEAKING))
    body.still()

    def play(level, enough):
        """How far the joints go while it is played."""
        start = len(body.joints)
        message = PlaybackState(state=PlaybackState.PLAYING, level_dbfs=level)
        with Stream(lambda k: body.playback.publish(message), 20.0):
            body.measured(2 * SECOND)
            ros.wait(lambda: body.spread(start)[NECK].max() > enough, what=f"sway at {level} dBFS")
        return body.spread(start)

    soft = play(-38.0, 0.005)
    loud = play(-18.0, 2.0 * soft[NECK].max())
    assert max(soft[RIGHT:].max(), loud[RIGHT:].max()) < STILL
    body.playback.publish(PlaybackState(state=PlaybackState.FINISHED, level_dbfs=-math.inf))
    body.still()
    body.check_sent()
    body.check_unclamped()


def test_while_it_thinks_it_tilts_its_head_and_faces_the_person(ros, robot):
    body = Living(ros, robot, breathing=False, glances=False)
    body.move(yaw=0.3)
    body.turn.publish(TurnState(state=TurnState.THINKING))
    body.wait(lambda m: abs(math.degrees(m.head_rpy.x)) > 5.5 and m.head_rpy.z == pytest.approx(0.3, abs=0.02))
    body.turn.publish(TurnState(state=TurnState.LISTENING))
    body.wait(lambda m: abs(math.degrees(m.head_rpy.x)) < 0.2)
    body.check_sent()


def test_a_goal_is_reached_while_it_breathes_and_the_stop_ends_everything(ros, robot):
    body = Living(ros, robot, glances_every_s=2.0)
    body.breathes()
    result = body.move(yaw=-0.4, pitch=0.1)
    assert result.error_code == MoveHead.Result.NONE
    assert result.head_rpy.z == pytest.approx(-0.4, abs=0.01)
    body.breathes()
    assert body.call("stop").success
    body.still()
    assert body.call("reset_stop").success
    body.breathes()
    body.check_sent()
    body.check_unclamped()


def test_a_driver_that_is_used_alone_moves_only_when_it_is_told_to(ros, robot):
    body = Body(ros, robot)
    body.stays(body.at_rest(within=STILL), n=4 * SECOND, within=STILL)
    assert not body.states[-1].moving
    assert body.node.count_subscribers("turn") == 0
