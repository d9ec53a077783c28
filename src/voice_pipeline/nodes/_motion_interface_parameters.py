"""Parameters of the `motion` node for the interfaces that people know from other robots; apart from the robot's own."""

from __future__ import annotations

from voice_pipeline.ros.parameters import Param

PARAMETERS = (
    Param(
        "head_command_timeout_s",
        1.5,
        "Time without a head_command after which the head comes to rest where it is and holds. "
        "1.5: a stream of 1 Hz with a late message goes on, and most poses are reached by then.",
        unit="s",
        minimum=0.1,
        maximum=10.0,
    ),
    Param(
        "publish_tf",
        True,
        "Publish base_frame to head_frame and to body_frame on /tf as they are measured. "
        "False where something else does, such as robot_state_publisher with a head of the same name.",
    ),
    Param("head_frame", "head", "Frame of the head: x where it faces, z up. The link's name in the robot's URDF."),
    Param(
        "body_frame",
        "body",
        "Frame of the body that turns under the head: x where it faces. The URDF's own link for it, "
        "body_down_3dprint, is turned by 90 degrees.",
    ),
)
