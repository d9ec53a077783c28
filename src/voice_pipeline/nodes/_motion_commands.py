"""The topic head_command: poses of the head that stream in. Apart from the actions, because nobody waits for an answer:
what is wrong is logged and counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy

from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.head_stream import HeadGoal, HeadStream, head_goal
from voice_pipeline.motion.tasks import Outcome, Refused

# Only the last pose counts, and publishers of either reliability are heard.
_STREAM = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_TELL_AGAIN_S = 5.0


class MotionCommands:
    """One subscription and its counters.

    Args:
        node: owns it.
        controller: of the body.
        p: the node's parameters.
    """

    def __init__(self, node: Node, controller: Controller, p: Mapping[str, Any]) -> None:
        self._node = node
        self._base, self._body = str(p["base_frame"]), str(p["body_frame"])
        self._stream = HeadStream(controller, p["head_command_timeout_s"])
        self._taken = self._refused = self._waiting = 0
        self._subscription = node.create_subscription(PoseStamped, "head_command", self._on_pose, _STREAM)

    def destroy(self) -> None:
        """Take the subscription back."""
        self._node.destroy_subscription(self._subscription)

    @property
    def counters(self) -> dict[str, int]:
        """For /diagnostics; since activation."""
        return {
            "head_commands": self._taken,
            "head_commands_refused": self._refused,
            "head_commands_waiting": self._waiting,
            "head_commands_clamped": self._stream.clamped,
            "head_commands_stale": self._stream.stale,
        }

    def _on_pose(self, message: PoseStamped) -> None:
        try:
            self._stream.command(self._goal(message))
            self._taken += 1
        except Refused as refusal:
            if refusal.outcome is Outcome.BUSY:
                self._waiting += 1  # goals win, by design: nothing to warn of
                return
            self._refused += 1
            self._node.get_logger().warning(
                f"head_command refused: {refusal} ({self._refused} since activation)",
                throttle_duration_sec=_TELL_AGAIN_S,
            )

    def _goal(self, message: PoseStamped) -> HeadGoal:
        frame = message.header.frame_id
        if frame not in ("", self._base, self._body):
            known = f"'{self._base}', or '{self._body}' for a yaw relative to the body"
            raise Refused(Outcome.UNKNOWN_FRAME, f"It is in frame '{frame}'; it is taken in {known}.")
        at, q = message.pose.position, message.pose.orientation
        return head_goal((at.x, at.y, at.z), (q.x, q.y, q.z, q.w), turns_body=frame != self._body)
