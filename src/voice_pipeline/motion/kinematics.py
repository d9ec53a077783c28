"""The joints behind a pose of the head: closed-form inverse kinematics of the neck, and the guard that keeps every joint
within its limits. Apart from the box in limits.py, which is only a box around poses that are good.

A leg is a motor arm of length a whose tip holds a rod of length l; the other end of the rod is a point p of the head. In
the motor's frame the arm turns about z, so |p - a(cos q, sin q, 0)| = l, which is one cosine rule in q. The vendor's own
package for this declares no licence and cannot be shipped; the tests compare with it to 1e-9 rad where it is installed.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.protocol import NEUTRAL, Pose

Array = NDArray[np.float64]

MARGIN = math.radians(0.5)  # kept from the limits; the default box keeps 0.73, so it is never cut
_UNREACHABLE = 10.0  # rad; excess where the rod cannot reach at all, far above any joint's
_HALVINGS = 12  # of a line search: to 1/4096 of the way


class Neck:
    """A head on six legs.

    Args:
        arm, rod: m. height: of the head's frame above the base at z = 0, m.
        platform: float64[6, 3], where the rods hold the head, in its frame, m.
        to_motor: float64[6, 3, 4], from the frame of the base to the motors'.
        elbow: float64[6], +1 or -1, which solution is assembled.
        limits: float64[6, 2], lowest and highest angle, rad.
    """

    def __init__(
        self, arm: float, rod: float, height: float, platform: Array, to_motor: Array, elbow: Array, limits: Array
    ) -> None:
        self.arm, self.rod, self.height = arm, rod, height
        self.platform, self.to_motor, self.elbow, self.limits = platform, to_motor, elbow, limits
        # p = M (R b + t): R enters as its nine elements, so that all legs and poses are one matrix product.
        self._turn = np.einsum("kij,kl->kijl", to_motor[:, :, :3], platform).reshape(18, 9)
        self._lift = to_motor[:, :, 2].reshape(18)
        self._fixed = to_motor[:, :, 3].reshape(18)

    def joints(self, head: Array) -> Array:
        """float64[n, 4] of roll, pitch, yaw relative to the body (rad) and z (m) -> float64[n, 6] rad; NaN: no leg is
        that long or short. x = y = 0."""
        return self._solve(head)[0]

    def excess(self, head: Array, margin: float = 0.0) -> Array:
        """How far the worst joint lies beyond its limits, rad, one a pose of `head`; negative: room that is left."""
        angles, reach = self._solve(head)
        beyond = np.maximum(self.limits[:, 0] - angles, angles - self.limits[:, 1]) + margin
        beyond = np.where(np.isnan(beyond), _UNREACHABLE + reach, beyond)
        worst: Array = beyond.max(axis=1)
        return worst

    def change_within(self, head: Array, half: Array) -> Array:
        """The most that each joint changes (rad, float64[n, 6]) up to float64[4] `half` either side of each pose of
        float64[n, 4] `head`: an upper bound, see neck_proof.py."""
        ends = self._ends(head)
        moved = np.linalg.norm(self.platform, axis=1) * float(np.sum(half[:3])) + float(half[3])
        flat = np.maximum(np.hypot(ends[:, :, 0], ends[:, :, 1]) - moved, 1e-9)
        far = np.linalg.norm(ends, axis=2)
        tops = [np.abs((far + d) ** 2 + self.arm**2 - self.rod**2) for d in (-moved, moved)]
        cosine = np.maximum(*tops) / (2.0 * self.arm * flat)
        change: Array = self.rod * moved / (self.arm * flat * np.sqrt(np.maximum(1.0 - cosine**2, 1e-12)))
        return change

    def _ends(self, head: Array) -> Array:
        """Where the head holds the rods, in the motors' frames, m: float64[n, 6, 3]."""
        (cr, cp, cy), (sr, sp, sy) = np.cos(head[:, :3]).T, np.sin(head[:, :3]).T
        rotation = np.stack(
            [
                cy * cp,
                cy * sp * sr - sy * cr,
                cy * sp * cr + sy * sr,
                sy * cp,
                sy * sp * sr + cy * cr,
                sy * sp * cr - cy * sr,
                -sp,
                cp * sr,
                cp * cr,
            ],
            axis=1,
        )
        height = (head[:, 3] + self.height)[:, None]
        ends: Array = (rotation @ self._turn.T + height * self._lift + self._fixed).reshape(-1, 6, 3)
        return ends

    def _solve(self, head: Array) -> tuple[Array, Array]:
        p = self._ends(head)
        flat = np.hypot(p[:, :, 0], p[:, :, 1])
        cosine = (np.sum(p * p, axis=2) + self.arm**2 - self.rod**2) / (2.0 * self.arm * flat)
        with np.errstate(invalid="ignore"):
            angle = np.arctan2(p[:, :, 1], p[:, :, 0]) + self.elbow * np.arccos(cosine)
        return (angle + np.pi) % (2.0 * np.pi) - np.pi, np.abs(cosine)


class JointGuard:
    """Says whether the joints behind a pose are within their limits, and finds the nearest pose where they are.

    Args:
        neck: of the robot.
        margin: rad to keep from the limits.
    """

    def __init__(self, neck: Neck, margin: float = MARGIN) -> None:
        self.neck, self.margin = neck, margin

    def check(self, pose: Pose) -> bool:
        """Every joint is within its limits."""
        return self.worst([pose]) <= 0.0

    def worst(self, poses: list[Pose] | Array) -> float:
        """The largest excess (rad) of any joint over these poses, float64[n, >= 4] in the order of Pose; <= 0: good.
        What is not finite is infinitely bad."""
        head = np.asarray(poses, dtype=np.float64)[:, :4]
        if not np.all(np.isfinite(head)):
            return math.inf
        return float(self.neck.excess(head, self.margin).max())

    def nearest(self, pose: Pose, good: Pose = NEUTRAL) -> Pose:
        """The pose itself where it is good, else the last good one on the straight way to it from `good`."""
        if self.check(pose):
            return pose
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if self.check(between(good, pose, middle)):
                low = middle
            else:
                high = middle
        return between(good, pose, low)


def between(a: Pose, b: Pose, share: float) -> Pose:
    """The pose at `share` (0..1) of the straight way from a to b."""
    return Pose(*(x + share * (y - x) for x, y in zip(a, b, strict=True)))


def load_neck(file: Path) -> Neck:
    """The geometry of a neck; config/robots/reachy_mini_neck.yaml says the format.

    Raises:
        VoiceError: the file cannot be read or lacks something.
    """
    import yaml

    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        legs = data["legs"]
        neck = Neck(
            float(data["motor_arm_m"]),
            float(data["rod_m"]),
            float(data["head_height_m"]),
            np.array([leg["platform_m"] for leg in legs], dtype=np.float64),
            np.array([leg["world_to_motor"] for leg in legs], dtype=np.float64),
            np.array([leg["elbow"] for leg in legs], dtype=np.float64),
            np.radians(np.array([leg["limits_deg"] for leg in legs], dtype=np.float64)),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise VoiceError(f"{file} is no description of a neck: {error}", "Use the one in config/robots/.") from error
    if not np.all(np.isfinite(neck.joints(np.zeros((1, 4))))):
        raise VoiceError(f"{file} describes a neck that cannot stand at neutral.", "Correct the numbers.")
    return neck


@lru_cache
def guard_from(file: Path) -> JointGuard:
    """A guard for the neck in `file`. Raises VoiceError."""
    return JointGuard(load_neck(file))
