"""Which joint of another robot drives which axis of a pose, with its sign and range. Apart because it is all that differs
between pan/tilt heads; no connection, no time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import AXES, NEUTRAL, Pose

STILL = "still"  # a joint that the controller wants in every goal and that stays where it is
ANGLES = tuple(axis for axis in AXES if axis != "z")  # z is in m; a lifting torso is not ours to move


@dataclass(frozen=True)
class Joint:
    """One joint. axis: of a Pose, or STILL. sign: +1 where the joint turns as REP-103 has the axis. low, high: rad."""

    name: str
    axis: str
    sign: float
    low: float
    high: float


class JointMap:
    """Poses to joint positions and back.

    Args:
        joints: in the order in which the controller shall get them.

    Raises:
        VoiceError: an axis that does not exist or twice, a joint twice, no axis at all, or a range without 0.
    """

    def __init__(self, joints: Sequence[Joint]) -> None:
        self.joints = tuple(joints)
        self.names = tuple(joint.name for joint in joints)
        self._driven = {joint.axis: i for i, joint in enumerate(joints) if joint.axis != STILL}
        for joint in joints:
            if joint.axis not in (*ANGLES, STILL):
                raise VoiceError(f"Joint '{joint.name}' drives '{joint.axis}'.", f"Use {', '.join(ANGLES)} or {STILL}.")
            if joint.axis != STILL and not joint.low < 0.0 < joint.high:
                raise VoiceError(
                    f"Joint '{joint.name}' goes from {math.degrees(joint.low):g} to {math.degrees(joint.high):g} degrees.",
                    "0, where the head looks ahead, has to lie between.",
                )
        if len(self._driven) + sum(joint.axis == STILL for joint in joints) < len(joints) or not self._driven:
            raise VoiceError("Two joints drive one axis, or none drives any.", "Give each axis one joint.")
        if len(set(self.names)) < len(joints):
            raise VoiceError(f"A joint is named twice: {', '.join(self.names)}.", "Name each once.")

    def limits(self, limits: Limits) -> Limits:
        """The part of the box that the joints reach; without Reachy Mini's legs.

        A head that has no body to turn gets a body yaw of 0, so that what lies beyond its yaw is told as clamped. Other
        axes that no joint drives keep their range: gestures are played without them.
        """
        low, high = dict(zip(AXES, limits.low, strict=True)), dict(zip(AXES, limits.high, strict=True))
        for axis, i in self._driven.items():
            ends = sorted((self.joints[i].sign * self.joints[i].low, self.joints[i].sign * self.joints[i].high))
            low[axis], high[axis] = max(low[axis], ends[0]), min(high[axis], ends[1])
        if "body_yaw" not in self._driven:
            low["body_yaw"] = high["body_yaw"] = 0.0
        return replace(limits, low=Pose(**low), high=Pose(**high), guard=None)

    def rates(self, of_axes: Pose) -> tuple[float, ...]:
        """Speeds or accelerations of the axes as those of the joints; those of yaw for one that stays."""
        return tuple(getattr(of_axes, "yaw" if j.axis == STILL else j.axis) for j in self.joints)

    def to_joints(self, pose: Pose, now: Sequence[float]) -> tuple[float, ...]:
        """Joint positions (rad) for a pose, kept within the ranges. now: where the joints are, for those that stay."""
        return tuple(
            at if j.axis == STILL else min(max(j.sign * getattr(pose, j.axis), j.low), j.high)
            for j, at in zip(self.joints, now, strict=True)
        )

    def to_pose(self, positions: Mapping[str, float], asked: Pose = NEUTRAL) -> Pose:
        """The pose of measured joints. An axis that no joint drives is where it was asked to be: nobody can see it err."""
        measured = {axis: self.joints[i].sign * positions[self.names[i]] for axis, i in self._driven.items()}
        return asked._replace(**measured)
