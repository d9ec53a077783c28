"""A robot that follows at once, on a clock that the test holds; records what it is sent."""

from __future__ import annotations

import math
import time

from voice_pipeline.motion.protocol import NEUTRAL, Bearing, HeadPose, RobotState


class FakeRobot:
    name = "fake"

    def __init__(self, pose=NEUTRAL, motors="enabled"):
        self.pose, self.motors = pose, motors
        self.connected, self.taken = True, False
        self.fault = ""
        self.sent = []  # (time, Pose)
        self.orders = []
        self.now = time.monotonic()
        self.state = None
        self.stuck = False
        self.on_bearing = None
        self.say()

    def say(self):
        """Tell the present pose, as of `now`."""
        p = self.pose
        head = HeadPose(0.0, 0.0, p.z, p.roll, p.pitch, p.yaw + p.body_yaw)
        joints = (p.body_yaw, *[0.0] * 6, p.right_antenna, p.left_antenna)
        self.state = RobotState(self.now, int(self.now * 1e9), head, p.body_yaw, joints, self.motors)

    def hear(self, yaw, speech=True):
        """Its array, which sits on the head, hears a voice from `yaw` of the base frame; what is behind looks ahead."""
        p = self.pose
        rel = math.remainder(yaw - p.yaw - p.body_yaw, 2 * math.pi)
        rel = math.asin(math.sin(rel))
        self.on_bearing(Bearing(self.now, int(self.now * 1e9), rel, p.yaw + p.body_yaw, p.body_yaw, speech))

    def start(self, on_state, on_bearing=None):
        self.on_bearing = on_bearing

    def close(self):
        self.connected = False

    def set_target(self, pose):
        self.sent.append((self.now, pose))
        if not self.stuck:
            self.pose = pose
        return True

    def keep_at_rest(self, latched):
        self.at_rest = latched

    def set_motors(self, on):
        self.orders.append(f"motors {'on' if on else 'off'}")
        self.motors = "enabled" if on else "disabled"
        self.say()

    def goto(self, pose, duration, abort):
        self.orders.append(f"goto {duration:.1f}")
        if not abort():
            self.pose = pose
        self.say()

    def fold(self, abort):
        self.orders.append("fold")
        self.say()
