"""Has the robot's own model rendered by MuJoCo in the simulated robot's environment, which has both; this one needs neither.
_moves_scene.py is what runs there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.daemon_options import has_physics
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import HEAD_HEIGHT, JOINT_NAMES, Pose
from voice_pipeline.motion.simulator import find_robot_environment

Pictures = NDArray[np.uint8]

SIZE = (500, 500)  # pixels: twice what a strip shows, so that thin antennas stay smooth; room for them to both sides
_WAYS = ("egl", "osmesa")  # OpenGL without a window, the quicker first: by a graphics card or Mesa, by Mesa alone
_START_S, _FRAME_S = 90.0, 20.0  # patience; 2 s and 0.5 s on two free cores
_GAP_MM = 0.1  # rods that miss the head by more: joints and pose contradict each other
_FAULT = re.compile(r"^[\w.]*(?:Error|Exception)\b[^.\n]*", re.MULTILINE)


def render(poses: Sequence[Pose], limits: Limits) -> Pictures:
    """The robot in these poses, white behind it, uint8[n, height, width, 3] (RGB).

    Raises:
        VoiceError: no simulated robot or no MuJoCo is installed, or there is no OpenGL without a window.
    """
    if limits.guard is None:
        raise VoiceError("The robot of these limits is not Reachy Mini.", "Set motion.robot and motion.neck_file.")
    env = find_robot_environment()
    if not has_physics(env):
        raise VoiceError(f"{env} has no MuJoCo.", "Run `make robot`.")
    legs = limits.guard.neck.joints(np.array([pose[:4] for pose in poses]))
    width, height = SIZE
    with tempfile.TemporaryDirectory(prefix="moves-") as folder:
        out = Path(folder) / "frames.npy"
        frames = [_frame(pose, six) for pose, six in zip(poses, legs.tolist(), strict=True)]
        request = {"width": width, "height": height, "out": str(out), "frames": frames}
        gap = _ask(env, request)
        pictures: Pictures = np.load(out)
    if gap > _GAP_MM:
        raise VoiceError(
            f"The rods of the model in {env} miss its head by {gap:.1f} mm.", "It is no Reachy Mini of this geometry."
        )
    return pictures


def _frame(pose: Pose, legs: Sequence[float]) -> dict[str, Any]:
    joints = (pose.body_yaw, *legs, pose.right_antenna, pose.left_antenna)
    head = [pose.roll, pose.pitch, pose.body_yaw + pose.yaw, HEAD_HEIGHT + pose.z]
    return {"joints": dict(zip(JOINT_NAMES, joints, strict=True)), "head": head}


def _ask(env: Path, request: dict[str, Any]) -> float:
    """Render by the first way that works; returns the gap that it measured, mm."""
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")}
    chosen = os.environ.get("MUJOCO_GL")
    faults = []
    for way in [chosen] if chosen else _WAYS:
        try:
            done = subprocess.run(
                [str(env / "bin" / "python"), "-I", str(Path(__file__).with_name("_moves_scene.py"))],
                env=clean | {"MUJOCO_GL": way},
                input=json.dumps(request),
                capture_output=True,
                text=True,
                timeout=_START_S + _FRAME_S * len(request["frames"]),
            )
        except subprocess.TimeoutExpired as late:
            raise VoiceError(f"MuJoCo was not done in {late.timeout:.0f} s.", "Ask for fewer --frames.") from None
        if done.returncode == 0:
            return float(json.loads(done.stdout.splitlines()[-1])["gap_mm"])
        fault = _FAULT.search(done.stderr)
        faults.append(f"{way}: {fault[0] if fault else f'ended with {done.returncode}'}")
    raise VoiceError(
        f"MuJoCo finds no OpenGL that works without a window ({'; '.join(faults)}).",
        "Install one: `sudo apt install libegl1 libgl1-mesa-dri`, or `libosmesa6`.",
    )
