"""Proves at start that no pose of a box brings a joint of the neck to its limit, so that nobody has to look 50 times a second.
Apart from kinematics.py, which knows single poses.

A cell of the box, centre c and half widths h, is good when every leg's angle at c is further from its limits than it can
change inside. A point b of the head moves by at most d = |b| (h_roll + h_pitch + h_yaw) + h_z, because turns add up at most.
With rod r, arm direction t and |r| = l, the rod's constant length gives dq = (r . dp) / (r x t)_z, and so |dq| <= l d / (a f s):
f is the smallest distance of the rod's end from the motor's axis, s the smallest sine between arm and that end, both within
d of the centre. Cells that are not good are halved. That is a proof, not a sample: nothing in it is estimated.
"""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np

from voice_pipeline.motion.kinematics import Array, Neck

Box = tuple[tuple[float, ...], tuple[float, ...]]  # lowest and highest roll, pitch, yaw (rad), z (m)

_SHARES = (1.0, 0.85, 0.7, 0.5)  # of the angles, if not all of the box is good
_CELL = np.radians(5.0)  # the first ones; the default box needs 9,500 cells, 33 ms on one x86 core
_MOST_CELLS = 30_000  # then it takes too long
_ROUNDING = 1e-9  # rad


@lru_cache
def proven_box(neck: Neck, low: tuple[float, ...], high: tuple[float, ...], margin: float) -> Box | None:
    """The box, or the largest share of it tried, in which every joint keeps `margin` (rad) from its limits; None: none was
    found.

    low, high: of roll, pitch, yaw (rad) and z (m), 0 inside.
    """
    for share in _SHARES:
        box = tuple((*(share * v for v in edge[:3]), edge[3]) for edge in (low, high))
        if _is_good(neck, np.array(box), margin + _ROUNDING):
            return box[0], box[1]
    return None


def _is_good(neck: Neck, box: Array, margin: float) -> bool:
    counts = np.maximum(1, np.ceil((box[1] - box[0]) / _CELL).astype(int))
    half = (box[1] - box[0]) / counts / 2.0
    axes = [low + h * (2 * np.arange(n) + 1) for low, h, n in zip(box[0], half, counts, strict=True)]
    cells = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 4)
    corners = np.array(list(itertools.product((-1.0, 1.0), repeat=4)))
    looked = 0
    while len(cells):
        looked += len(cells)
        angles = neck.joints(cells)
        left = np.minimum(angles - neck.limits[:, 0], neck.limits[:, 1] - angles) - margin
        if looked > _MOST_CELLS or not np.all(left >= 0.0):  # NaN, too: no leg is that long
            return False
        open_ = np.any(left < neck.change_within(cells, half), axis=1)
        half = half / 2.0
        cells = (cells[open_][:, None, :] + corners * half).reshape(-1, 4)
    return True
