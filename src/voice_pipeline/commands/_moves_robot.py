"""The robot at moments of a move, side by side: its own model where it was rendered, else a sketch of a box with eyes on a
cone, and two antennas, turned as the pose says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from voice_pipeline.commands._moves_renderer import Pictures
from voice_pipeline.motion.moves import Move
from voice_pipeline.motion.paths import Vector
from voice_pipeline.motion.protocol import HEAD_HEIGHT, Pose

_STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "voice_pipeline", "font.size": 8}
_WIDEST, _NARROWEST, _TALL = 12.0, 2.0, 2.8  # inches: of a strip, and of the robot's own model
_MARGIN = 8  # pixels about it
# m, roughly the robot's: half depth, half width, half height of the head; body radius below and above; antenna.
_HEAD = (0.055, 0.080, 0.045)
_BODY = (0.085, 0.060, 0.135)
_ANTENNA = 0.11
_VIEW_YAW, _VIEW_PITCH = math.radians(25.0), math.radians(12.0)  # from the robot's left front, a little above
_LIGHT = np.array([0.5, 0.4, 0.77])


def robot_figure(move: Move, times: Sequence[float], poses: Sequence[Pose], pictures: Pictures | None = None) -> Figure:
    """A strip with the times, the robot looking at the reader. pictures: of the poses, uint8[n, h, w, 3]; None: sketches."""
    if pictures is not None:
        pictures = _cropped(pictures)
    width, height = (1.25, 1.55) if pictures is None else (_TALL * pictures.shape[2] / pictures.shape[1], _TALL)
    smaller = min(1.0, _WIDEST / (width * len(times)))
    size = (max(smaller * width * len(times), _NARROWEST), smaller * height + 0.35)
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        strip = figure.subplots(1, len(times), squeeze=False)[0]
        for i, (axes, t) in enumerate(zip(strip, times, strict=True)):
            if pictures is None:
                _sketch(axes, poses[i])
            else:
                axes.imshow(pictures[i])
            axes.axis("off")
            axes.set_title(f"{t:.2f} s", fontsize=7)
        figure.suptitle(f"{move.name}: {move.description}", fontsize=8, x=0.01, ha="left")
    return figure


def _cropped(pictures: Pictures) -> Pictures:
    """The part in which any of them shows something, uint8[n, h, w, 3]: antennas may reach far out, and rarely do."""
    shown = (pictures.min(axis=3) < 250).any(axis=0)
    if not shown.any():
        return pictures
    rows, columns = (np.flatnonzero(shown.any(axis=axis)) for axis in (1, 0))
    low, left = max(0, rows[0] - _MARGIN), max(0, columns[0] - _MARGIN)
    return pictures[:, low : rows[-1] + _MARGIN, left : columns[-1] + _MARGIN]


def _sketch(axes: Axes, pose: Pose) -> None:
    body = _turn(0.0, 0.0, pose.body_yaw)
    head = body @ _turn(pose.roll, pose.pitch, pose.yaw)
    neck = np.array([0.0, 0.0, HEAD_HEIGHT + pose.z])
    _draw(axes, _cone(body), "#f2f2f2")
    for angle, side in ((pose.right_antenna, -1.0), (pose.left_antenna, 1.0)):
        root = np.array([0.0, side * 0.8 * _HEAD[1], _HEAD[2]])
        tip = root + _ANTENNA * np.array([0.0, -math.sin(angle), math.cos(angle)])
        line = _project(np.array([root, tip]) @ head.T + neck)
        axes.plot(line[:, 0], line[:, 1], color="#444444", linewidth=1.6, solid_capstyle="round")
        axes.plot(*line[1, :2], "o", color="#444444", markersize=2.6)
    _draw(axes, [face @ head.T + neck for face in _box()], "#ffffff")
    for side in (-1.0, 1.0):
        eye = _disc(side * 0.42 * _HEAD[1]) @ head.T + neck
        axes.add_patch(Polygon(_project(eye)[:, :2], closed=True, facecolor="#222222"))
    axes.set_xlim(-0.16, 0.16)
    axes.set_ylim(-0.03, 0.35)
    axes.set_aspect("equal")
    axes.axis("off")


def _draw(axes: Axes, faces: list[Vector], colour: str) -> None:
    """The faces that look at the reader, the far ones first, darker the less light falls on them."""
    seen = []
    for face in faces:
        normal = np.cross(face[1] - face[0], face[2] - face[0])
        flat = _project(face)
        away = np.cross(flat[1] - flat[0], flat[2] - flat[0])[2]
        if away > 0.0:
            seen.append((float(flat[:, 2].mean()), flat, float(normal @ _LIGHT / np.linalg.norm(normal))))
    base = np.array(matplotlib.colors.to_rgb(colour))
    for _, flat, light in sorted(seen, key=lambda one: one[0]):
        shade = base * (0.72 + 0.28 * max(0.0, light))
        axes.add_patch(Polygon(flat[:, :2], closed=True, facecolor=tuple(shade), edgecolor="#777777", linewidth=0.6))


def _project(points: Vector) -> Vector:
    """float64[n, 3] in the base frame to right, up and nearness on the paper. The reader stands in front (x > 0)."""
    c, s = math.cos(_VIEW_YAW), math.sin(_VIEW_YAW)
    x, y, z = points[:, 0] * c + points[:, 1] * s, -points[:, 0] * s + points[:, 1] * c, points[:, 2]
    cp, sp = math.cos(_VIEW_PITCH), math.sin(_VIEW_PITCH)
    return np.stack([y, z * cp - x * sp, x * cp + z * sp], axis=1)


def _turn(roll: float, pitch: float, yaw: float) -> Vector:
    """Rotation matrix of REP-103 angles: about the fixed axes x, y, z in this order."""
    (cr, cp, cy), (sr, sp, sy) = np.cos([roll, pitch, yaw]), np.sin([roll, pitch, yaw])
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def _box() -> list[Vector]:
    """The six faces of the head, corners counter-clockwise from outside."""
    a, b, c = _HEAD
    faces = []
    for axis in range(3):
        for side in (-1.0, 1.0):
            square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]][:: int(side)], dtype=float)
            corners = np.insert(square, 0, side, axis=1)
            faces.append(np.roll(corners, axis, axis=1) * (a, b, c))
    return faces


def _cone(turn: Vector) -> list[Vector]:
    """The body as ten sides and a lid, with the turn of the body."""
    low, high, top = _BODY
    angles = np.arange(10) * 2.0 * math.pi / 10
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    below = np.column_stack([ring * low, np.zeros(10)]) @ turn.T
    above = np.column_stack([ring * high, np.full(10, top)]) @ turn.T
    sides = [np.array([below[i], below[(i + 1) % 10], above[(i + 1) % 10], above[i]]) for i in range(10)]
    return [*sides, above]


def _disc(y: float) -> Vector:
    """An eye on the front of the head."""
    angles = np.arange(12) * 2.0 * math.pi / 12
    return np.column_stack([np.full(12, _HEAD[0]), y + 0.021 * np.cos(angles), 0.006 + 0.021 * np.sin(angles)])
