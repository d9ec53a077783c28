"""Gestures made for one robot, made smaller for another that reaches less. Apart because only other robots need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voice_pipeline.motion.curves import Curve, Samples
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.moves import Move, make_move
from voice_pipeline.motion.paths import Vector

_TINY = 1e-6  # rad or m


@dataclass(frozen=True)
class Scaled:
    """A curve times a constant."""

    curve: Curve
    factor: float

    def sample(self, times: Vector) -> Samples:
        """See Curve."""
        p, v, a = self.curve.sample(times)
        return p * self.factor, v * self.factor, a * self.factor


def fit(moves: Mapping[str, Move], limits: Limits) -> dict[str, Move]:
    """The moves, each axis that leaves the box from neutral scaled down to it; an axis without any range does nothing."""
    return {name: _fit(move, limits) for name, move in moves.items()}


def _fit(move: Move, limits: Limits) -> Move:
    outside = set(move.beyond(limits))
    if not outside:
        return move
    curves = [
        Scaled(curve, _factor(move.low[i], move.high[i], limits.low[i], limits.high[i])) if i in outside else curve
        for i, curve in enumerate(move.curves)
    ]
    return make_move(move.name, move.about, move.duration, curves)


def _factor(low: float, high: float, lowest: float, highest: float) -> float:
    """The largest that brings low..high into lowest..highest, which holds 0."""
    shares = [1.0]
    if low < -_TINY:
        shares.append(lowest / low)
    if high > _TINY:
        shares.append(highest / high)
    return max(0.0, min(shares))
