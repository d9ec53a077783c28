"""Every gesture at twice its speed (or what the limits leave of that) on the robot's real daemon in simulation, judged by
what the daemon measured. Two and a half minutes, so `make play-moves` runs it and the suite does not."""

import math

import pytest
from voice_pipeline.action import PlayMove

from motion_bench import STEWART, Body, patience, simulated_robot  # noqa: F401
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.move_files import load_moves
from voice_pipeline.resources import resource

MOVES = load_moves([resource("config/moves")], make_limits())


pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("part", range(4))
def test_every_move_at_speed_2_keeps_the_joints_inside_their_limits_and_returns(ros, robot, part):
    body = Body(ros, robot, liveliness=False)
    for name in sorted({move.name for move in MOVES.values()})[part::4]:
        start = len(body.joints)
        result = body.do(PlayMove.Goal(name=name, speed=2.0))
        assert result.error_code == PlayMove.Result.NONE, f"{name}: {result.error_msg}"
        played = body.joints[start:]
        for j, (low, high) in STEWART.items():
            angles = [math.degrees(m.position[j]) for m in played]
            assert low < min(angles) <= max(angles) < high, f"{name}: stewart_{j}"
        moved = max(max(m.position[j] for m in played) - min(m.position[j] for m in played) for j in range(9))
        assert moved > math.radians(3), name
        body.wait(lambda m: abs(m.head_rpy.y) < 0.02, f"a head that is straight after {name}")
        body.check_sent()
        print(f"{name}: {len(played)} states, largest joint movement {math.degrees(moved):.0f} degrees", flush=True)
