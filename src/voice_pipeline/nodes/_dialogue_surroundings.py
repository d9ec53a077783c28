"""What the dialogue node sees of the robot's surroundings, for the note in front of a question."""

from __future__ import annotations

from rclpy.node import Node

from voice_pipeline.dialogue.surroundings import Surroundings
from voice_pipeline.dialogue.tools import Outcome, ValidCall
from voice_pipeline.msg import MotionState
from voice_pipeline.ros.qos import EVENTS

_DOING = {
    MotionState.DISCONNECTED: "disconnected",
    MotionState.SLEEPING: "asleep",
    MotionState.MOVING: "moving",
    MotionState.STOPPED: "stopped",
}


class Watch:
    """Listens to motion/state, and to what set_volume answered; nothing is asked for. On the executor's thread."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._around = Surroundings()
        self._subscription = node.create_subscription(MotionState, "motion/state", self._moved, EVENTS)

    def line(self) -> str:
        """See Surroundings.line."""
        return self._around.line()

    def called(self, call: ValidCall, outcome: Outcome) -> None:
        """A tool call is over."""
        if call.tool.name == "set_volume" and outcome.status == "succeeded":
            self._around.volume(outcome.result)

    def destroy(self) -> None:
        """Stop listening."""
        self._node.destroy_subscription(self._subscription)

    def _moved(self, message: MotionState) -> None:
        pose = message.head_rpy
        self._around.body(_DOING.get(message.state, ""), pose.y, pose.z)
