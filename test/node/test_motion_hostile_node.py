"""Hundreds of random and hostile orders over DDS, by two clients and a flood, to the real node on the real simulated daemon:
what reaches the daemon stays within every limit, and the node lives."""

import math
import random

import pytest
from geometry_msgs.msg import PoseStamped
from rclpy.action import ActionClient
from rclpy.node import Node
from voice_pipeline.action import LookAt, MoveHead, PlayMove

from motion_bench import Body, patience, simulated_robot  # noqa: F401
from ros_bench import PATIENCE_S

pytestmark = pytest.mark.timeout(600)

ORDERS = 400
PERIODS = 1000  # of the node, 20 s where the machine has time for them
BAD = (math.nan, math.inf, -math.inf, 1e30, 90.0, 3.2)


class Client:
    """Sends goals and waits for nothing."""

    def __init__(self, ros, name, seed):
        self.node = Node(name, context=ros.context)
        ros.spin(self.node)
        self.rng = random.Random(seed)
        self.clients = {
            "move_head": ActionClient(self.node, MoveHead, "move_head"),
            "look_at": ActionClient(self.node, LookAt, "look_at"),
            "play_move": ActionClient(self.node, PlayMove, "play_move"),
        }
        self.poses = self.node.create_publisher(PoseStamped, "head_command", 10)
        self.goals = []
        self.accepted = 0
        self.answers = []

    def angle(self):
        return self.rng.choice(BAD) if self.rng.random() < 0.2 else self.rng.uniform(-1.2, 1.2)

    def order(self):
        rng = self.rng
        name = rng.choice(("move_head", "move_head", "look_at", "play_move", "head_command", "cancel"))
        if name == "head_command":
            message = PoseStamped()
            message.pose.orientation.z = self.angle()
            message.pose.orientation.w = rng.choice(
                (1.0, math.sqrt(max(0.0, 1.0 - message.pose.orientation.z**2)), 0.0)
            )
            message.pose.position.z = rng.choice((0.177, 0.2, math.nan))
            self.poses.publish(message)
            return
        if name == "cancel":
            if self.goals:
                future = rng.choice(self.goals[-5:])
                if future.done() and future.result() is not None and future.result().accepted:
                    future.result().cancel_goal_async()
            return
        duration = rng.choice((0.0, 0.1, 0.5, math.nan, -1.0))
        goal = {
            "move_head": lambda: MoveHead.Goal(
                roll=self.angle(),
                pitch=self.angle(),
                yaw=self.angle(),
                z=rng.choice((0.0, -0.004, math.inf)),
                duration_s=duration,
            ),
            "look_at": lambda: LookAt.Goal(yaw=self.angle(), pitch=self.angle(), duration_s=duration),
            "play_move": lambda: PlayMove.Goal(
                name=rng.choice(("nod", "dance", "shake", "", "no such")),
                speed=rng.choice((0.0, 2.0, math.nan)),
                preempt=rng.random() < 0.7,
            ),
        }[name]()
        future = self.clients[name].send_goal_async(goal)
        future.add_done_callback(self._accepted)
        self.goals.append(future)

    def _accepted(self, future):
        handle = future.result()
        if handle.accepted:
            self.accepted += 1
            handle.get_result_async().add_done_callback(lambda f: self.answers.append(f.result().result.error_code))


def test_hundreds_of_hostile_orders_over_dds_break_no_limit_and_every_goal_is_answered(ros, robot):
    body = Body(ros, robot, look_at_speaker="on")
    clients = [Client(ros, f"client_{n}", n) for n in (1, 2)]
    for client in clients:
        assert all(c.wait_for_server(PATIENCE_S) for c in client.clients.values())
    begun, orders = body.judge.poses, 0
    while orders < ORDERS:
        due = begun + orders * PERIODS / ORDERS
        ros.wait(lambda due=due: body.judge.poses >= due, what=f"period {due}")
        for _ in range(40 if orders % 100 == 99 else 1):  # now and then 40 at once
            clients[orders % 2].order()
            orders += 1
        if orders % 120 == 60:
            assert body.call("stop").success
            assert body.call("reset_stop").success

    def answered():
        """ROS keeps ten requests of an action; of forty at once some never arrive. What was accepted has to end."""
        return sum(len(c.answers) for c in clients) == sum(c.accepted for c in clients) > ORDERS / 10

    body.until("IDLE")
    ros.wait(answered, what="the ends of all goals that were accepted")
    assert sum(len(c.goals) for c in clients) > ORDERS / 2
    codes = {code for client in clients for code in client.answers}
    assert {MoveHead.Result.INVALID_GOAL, MoveHead.Result.PREEMPTED} <= codes
    assert body.move(yaw=0.2).error_code == MoveHead.Result.NONE
    assert body.node.active
    assert len(body.sent) > 300
    body.check_sent()
