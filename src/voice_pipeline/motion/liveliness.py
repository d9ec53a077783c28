"""What the body does of its own accord, as one offset from the pose that is held: which layer shows, how it is blended,
and how all of it comes to rest when somebody speaks. Apart from the follower, which adds it to what was ordered.

The offset is what the layers ask for plus a rest, which was left where it was when somebody spoke and is led back to
nothing afterwards. It moves only over a pose that is held: a path takes it over where it is, velocity included.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, fields

import numpy as np

from voice_pipeline.motion.breathing import Breathing
from voice_pipeline.motion.glances import Glances
from voice_pipeline.motion.layers import Layer, Mode, Offset, Smooth
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.paths import Halt, Path, Point, derivatives, glide
from voice_pipeline.motion.protocol import AXES, NEUTRAL, Pose
from voice_pipeline.motion.sway import SpeechSway
from voice_pipeline.motion.thinking import ThinkingPosture

_BACK_S = 0.8  # from where it was frozen back to nothing
_FORGOTTEN_S = 60.0  # of thinking or speaking without a word: who told it is gone
_NOTHING = 1e-4  # of a weight: the layer is gone and may begin anew
_FAINT = 1e-7  # rad or m: not worth a message to the robot


@dataclass(frozen=True)
class LivelinessSettings:
    """Sizes at 0 switch a layer off.

    breathing_after: s of rest before it breathes and glances. depth: m. antennas: rad. rate: Hz.
    glances: rad, of the largest; every: s. thinking, sway: 1 as drawn.
    """

    breathing_after: float = 2.0
    depth: float = 0.005
    antennas: float = math.radians(15.0)
    rate: float = 0.1
    glances: float = math.radians(8.0)
    every: float = 12.0
    thinking: float = 1.0
    sway: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{field.name} is {value}; it must be finite and not negative")


class Liveliness:
    """The layers of one body. `turn`, `loudness` and `still` may be called from any thread, the rest from one.

    Args:
        limits: the box its offsets keep within, and what its share of velocity and acceleration is a share of.
        dt: s a step.
        seed: the same seed, the same movements.
    """

    def __init__(self, settings: LivelinessSettings, limits: Limits, dt: float, seed: int = 0) -> None:
        s = settings
        self._settings, self._limits, self._dt = s, limits, dt
        self._sway = SpeechSway(s.sway, limits, dt, seed)
        self._layers: tuple[Layer, ...] = (
            Breathing(s.depth, s.antennas, s.rate, limits, dt),
            Glances(s.glances, s.every, limits, dt, seed),
            ThinkingPosture(s.thinking, limits, seed),
            self._sway,
        )
        self._weights = {mode: Smooth(dt) for mode in Mode}
        self._shown: set[Mode] = set()  # whose layers have begun
        self._rest: Path | None = None  # what is left where it was, and its way back
        self._rest_t = 0.0
        self._past: deque[Offset] = deque(maxlen=4)  # offsets, the last one last
        self._turn = ("idle", -math.inf)
        self._still = self._frozen = False
        self._forget()

    # -- what it is told

    def turn(self, state: str, now: float) -> None:
        """How the conversation stands: "listening", "thinking", "speaking" or "idle"."""
        self._turn = (state, now)

    def loudness(self, dbfs: float, now: float) -> None:
        """Of what is audible now, dB relative to full scale; -inf for silence."""
        self._sway.hear(dbfs, now)

    def still(self, still: bool, now: float) -> None:
        """Somebody speaks: come to rest where it is, within 0.1 s; False: go on."""
        self._still = still

    # -- what it does

    @property
    def active(self) -> bool:
        """It moves the body, or keeps it off the pose that is held."""
        return self._rest is not None or bool(self._shown)

    @property
    def moving(self) -> bool:
        """The last step moved something."""
        return any(abs(a - b) > _FAINT for a, b in zip(self._past[-1], self._past[-2], strict=True))

    def offset(self, now: float, base: Pose, calm: bool = False) -> Pose:
        """One period further: what to add to `base`, which is held. Inside the box when `base` is.

        calm: show nothing, because something else is asked of the body.
        """
        if self._still != self._frozen:
            self._freeze() if self._still else self._release()
        mode = self._mode(now, calm)
        if mode is None and not self.active:
            self._past.append([0.0] * len(AXES))
            return NEUTRAL
        total = self._step_rest()
        low, high = self._room(base, total)
        for each in Mode:
            self._show(each, each is mode, now, low, high, total)
        for i, value in enumerate(total):
            b, lo, hi = base[i], self._limits.low[i], self._limits.high[i]
            total[i] = min(max(value, min(lo - b, 0.0)), max(hi - b, 0.0))  # rounding only
        self._past.append(total)
        return Pose(*total)

    @property
    def last(self) -> tuple[Pose, Pose]:
        """The last offset, and how fast it went there."""
        a, b = self._past[-1], self._past[-2]
        return Pose(*a), Pose(*((x - y) / self._dt for x, y in zip(a, b, strict=True)))

    def point(self) -> Point:
        """The offset, its velocity and acceleration, from the last steps."""
        return derivatives([np.array(past) for past in self._past], self._dt)

    def clear(self) -> None:
        """Nothing is added any more: somebody else takes over what it was."""
        self._forget()

    def hold(self) -> None:
        """It stood still for a while, because nothing was sent: go on from rest."""
        where = self._past[-1]
        active = self.active
        self._forget()
        if active:
            self._past.extend([where] * 4)
            self._leave(glide(self.point(), Pose(*where) if self._frozen else NEUTRAL, _BACK_S))

    # -- parts

    def _mode(self, now: float, calm: bool) -> Mode | None:
        state, told = self._turn
        if now - told > _FORGOTTEN_S:
            state = "idle"
        if calm or self._frozen:
            self._rested = now
            return None
        if self._sway.audible(now) or state == "speaking":
            self._rested = now
            return Mode.SPEAKING
        if state != "idle":
            self._rested = now
            return Mode.THINKING if state == "thinking" else None
        self._rested = min(self._rested, now)
        rested = self._rest is None and now - self._rested >= self._settings.breathing_after
        return Mode.IDLE if rested else None

    def _show(self, mode: Mode, wanted: bool, now: float, low: Offset, high: Offset, total: Offset) -> None:
        """Add the layers of one mode to `total`, blended in or out."""
        weight = self._weights[mode].step(float(wanted))
        if mode not in self._shown:
            if not wanted:
                self._weights[mode].reset()
                return
            self._shown.add(mode)
            for layer in self._layers:
                if layer.mode is mode:
                    layer.begin(low, high)
        elif weight < _NOTHING and not wanted:
            self._shown.discard(mode)
            self._weights[mode].reset()
            return
        for layer in self._layers:
            if layer.mode is mode:
                for i, value in enumerate(layer.step(now)):
                    total[i] += weight * value

    def _step_rest(self) -> Offset:
        """Where the rest is now; it is gone once it is back, and stays where it is while frozen."""
        rest = self._rest
        if rest is None:
            return [0.0] * len(AXES)
        self._rest_t += self._dt
        if self._rest_t >= rest.duration and not self._frozen:
            self._rest = None
        total: Offset = rest.at(self._rest_t)[0].tolist()
        return total

    def _room(self, base: Pose, rest: Offset) -> tuple[Offset, Offset]:
        """How far the layers may go on each axis, so that they keep inside the box while the rest goes back too."""
        low = [lo - b - min(r, 0.0) for lo, b, r in zip(self._limits.low, base, rest, strict=True)]
        high = [hi - b - max(r, 0.0) for hi, b, r in zip(self._limits.high, base, rest, strict=True)]
        return low, high

    def _freeze(self) -> None:
        self._frozen = True
        if self.active:
            self._leave(Halt(self.point(), np.array(self._limits.acceleration)))

    def _release(self) -> None:
        self._frozen = False
        if self._rest is not None:
            self._leave(glide(self.point(), NEUTRAL, _BACK_S))

    def _leave(self, rest: Path) -> None:
        """The layers end here; what they were goes this way."""
        self._rest, self._rest_t = rest, 0.0
        self._shown.clear()
        for weight in self._weights.values():
            weight.reset()

    def _forget(self) -> None:
        self._rest, self._rest_t = None, 0.0
        self._rested = math.inf  # since when nothing was asked of the body; the next step sets it
        self._shown.clear()
        for weight in self._weights.values():
            weight.reset()
        self._past.extend([[0.0] * len(AXES)] * 4)
