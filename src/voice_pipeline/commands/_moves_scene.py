"""Renders the robot's own model with MuJoCo, off-screen; apart because it is executed by another Python, that of the simulated
robot's environment, without a window. `python -I _moves_scene.py` and what _moves_renderer.py sends it.

Request, JSON on standard input: `width`, `height` (pixels), `out` (file), `frames`, each with `joints` (rad, as in protocol's
JOINT_NAMES, with the signs of the model) and `head` (roll, pitch, yaw in the base frame in rad, height in m).
Answer: `out` is uint8[n, height, width, 3] as .npy, and a last line of JSON with `gap_mm`: how far from the head the five rods
end that the model closes with a constraint. They meet it only if joints and head pose belong together.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mujoco  # type: ignore[import-not-found]
import numpy as np

# White paper, one lamp beside the reader; no floor, whose pattern would be most of the file.
_SCENE = """<mujoco><include file="{mjcf}/reachy_mini.xml"/><compiler meshdir="{mjcf}/assets"/>
<visual><headlight diffuse="0.4 0.4 0.4" ambient="0.5 0.5 0.5" specular="0 0 0"/>
<quality offsamples="4" shadowsize="2048"/><global offwidth="{width}" offheight="{height}" fovy="22"/></visual>
<asset><texture type="skybox" builtin="flat" rgb1="1 1 1" rgb2="1 1 1" width="8" height="8"/></asset>
<worldbody><light pos="0.6 -0.7 1.2" dir="-0.6 0.6 -1" directional="true" diffuse="0.25 0.25 0.25" specular="0 0 0"/></worldbody>
</mujoco>"""
# From the robot's left front, a little above, as the sketch: degrees and m. The whole robot with antennas out to the side.
_VIEW = {"lookat": (0.0, 0.0, 0.205), "distance": 1.25, "azimuth": 205.0, "elevation": -10.0}
_CARRIER, _HEAD = "stewart_link_rod_6", "xl_330"  # the head hangs on the sixth rod; the other five are closed to it


def main() -> None:
    request = json.load(sys.stdin)
    mjcf = Path(str(find_spec("reachy_mini").submodule_search_locations[0])) / "descriptions" / "reachy_mini" / "mjcf"  # type: ignore[union-attr,index]
    model = mujoco.MjModel.from_xml_string(_SCENE.format(mjcf=mjcf, width=request["width"], height=request["height"]))
    data = mujoco.MjData(model)
    camera = mujoco.MjvCamera()
    for name, value in _VIEW.items():
        setattr(camera, name, value)
    shots, gap = [], 0.0
    with mujoco.Renderer(model, request["height"], request["width"]) as renderer:
        for frame in request["frames"]:
            gap = max(gap, place(model, data, frame["joints"], frame["head"]))
            renderer.update_scene(data, camera)
            shots.append(renderer.render())
    np.save(request["out"], np.array(shots))
    print(json.dumps({"gap_mm": 1e3 * gap}), flush=True)


def place(model: Any, data: Any, joints: dict[str, float], head: list[float]) -> float:
    """Put motors, rods and head where they belong; returns the widest gap between a rod and the head, m."""
    data.qpos[:] = model.qpos0
    for name, angle in joints.items():
        data.joint(name).qpos = angle
    mujoco.mj_kinematics(model, data)
    site = model.site("head")
    target = _times(_euler(head[:3]), _inverse(site.quat))
    origin = np.array([0.0, 0.0, head[3]]) - _turned(site.pos, target)
    # The carrier's far end is where the head's own ball joint sits, which is the head's origin.
    _aim(model, data, _CARRIER, data.body(_HEAD).xpos - data.body(_CARRIER).xpos, origin - data.body(_CARRIER).xpos)
    turn = _times(_inverse(data.body(_HEAD).xquat), target)
    _ball(model, data, _HEAD)[:] = turn
    mujoco.mj_kinematics(model, data)
    gaps = [float(np.linalg.norm(data.body(_HEAD).xpos - origin))]
    for pair in range(model.neq):
        one, other = int(model.eq_obj1id[pair]), int(model.eq_obj2id[pair])
        rod = model.body(int(model.site_bodyid[one])).name
        start = data.body(rod).xpos
        _aim(model, data, rod, data.site_xpos[one] - start, data.site_xpos[other] - start)
        gaps.append(float(np.linalg.norm(data.site_xpos[one] - data.site_xpos[other])))
    return max(gaps)


def _aim(model: Any, data: Any, body: str, now: Any, wanted: Any) -> None:
    """Turn a rod about the ball it hangs on, the short way, so that what points along `now` points along `wanted`."""
    now, wanted = now / np.linalg.norm(now), wanted / np.linalg.norm(wanted)
    short = np.concatenate([[1.0 + now @ wanted], np.cross(now, wanted)])  # half way between none and twice the turn
    there = np.array(data.body(body).xquat)
    turn = _times(_inverse(there), _times(short / np.linalg.norm(short), there))
    ball = _ball(model, data, body)
    ball[:] = _times(ball, turn)
    mujoco.mj_kinematics(model, data)


def _ball(model: Any, data: Any, body: str) -> Any:
    """The quaternion of a body's ball joint, a view of float64[4]."""
    at = int(model.jnt_qposadr[int(model.body(body).jntadr[0])])
    return data.qpos[at : at + 4]


def _euler(rpy: list[float]) -> Any:
    """REP-103 angles as a quaternion w, x, y, z."""
    turn = np.zeros(4)
    mujoco.mju_euler2Quat(turn, np.array(rpy), "XYZ")  # capitals: about the fixed axes
    return turn


def _times(a: Any, b: Any) -> Any:
    product = np.zeros(4)
    mujoco.mju_mulQuat(product, np.array(a), np.array(b))
    return product


def _inverse(a: Any) -> Any:
    return np.array(a) * (1.0, -1.0, -1.0, -1.0)


def _turned(point: Any, by: Any) -> Any:
    turned = np.zeros(3)
    mujoco.mju_rotVecQuat(turned, np.array(point), np.array(by))
    return turned


if __name__ == "__main__":
    main()
