"""Launch a profile: bringup/plan.py says which nodes; this file turns that list into launch actions."""

import shlex

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from voice_pipeline.bringup.plan import AUDIO, ROBOTS, SIM_PORT, make_plan
from voice_pipeline.bringup.platform import default_profile

ARGUMENTS = (
    ("params_file", default_profile(), "profile: jetson, desktop, demo, or the path of a parameter file"),
    ("namespace", "", "namespace of every node; two robots share a network with two namespaces"),
    ("use_sim_time", "false", "let nodes take time from /clock (audio stamps stay system time)"),
    ("autostart", "true", "bring the nodes up at once; otherwise call supervisor/startup"),
    ("use_respawn", "false", "start a node again when its process ends (not with use_composition)"),
    ("use_composition", "false", "all nodes in one process"),
    ("log_level", "info", "debug, info, warn, error"),
    ("robot", "", "|".join(ROBOTS) + "; empty: as the profile says"),
    ("audio", "", "|".join(AUDIO) + "; empty: as the profile says"),
    ("file", "", "a recording to hear in place of the microphone"),
    ("answer", "", "the WAV to write what is said to, in place of the loudspeaker; with audio:=file build/answer.wav"),
    (
        "record",
        "",
        "true: keep the conversation, sound included, on this machine; a path: there; empty: as the profile says",
    ),
    ("sim_port", str(SIM_PORT), "port of the simulated robot (robot:=sim or mujoco)"),
)


def _actions(context):
    value = {name: LaunchConfiguration(name).perform(context) for name, _, _ in ARGUMENTS}
    yes = {
        k: value[k].lower() in ("true", "1", "yes")
        for k in ("use_sim_time", "autostart", "use_respawn", "use_composition")
    }
    plan = make_plan(
        value["params_file"],
        robot=value["robot"],
        audio=value["audio"],
        autostart=yes["autostart"],
        use_sim_time=yes["use_sim_time"],
        port=value["sim_port"],
        record=value["record"],
        file=value["file"],
        answer=value["answer"],
    )
    if yes["use_composition"]:
        return [_container(value, yes)]
    actions = []
    if plan.simulator_port is not None:
        actions.append(
            Node(
                package="voice_pipeline",
                executable="robot_sim",
                arguments=["--port", str(plan.simulator_port), *(["--physics"] if plan.simulator_physics else [])],
                output="screen",
            )
        )
    for spec in plan.all:
        actions.append(
            Node(
                package="voice_pipeline",
                executable=spec.name,
                name=spec.name,
                namespace=value["namespace"],
                parameters=[str(spec.params_file), spec.overrides],
                arguments=["--ros-args", "--log-level", value["log_level"]],
                respawn=yes["use_respawn"],
                respawn_delay=1.0,
                output="screen",
            )
        )
    return actions


def _container(value, yes):
    arguments = [
        f"--profile {shlex.quote(value['params_file'])} --sim-port {value['sim_port']} --log-level {value['log_level']}",
        f"--namespace {shlex.quote(value['namespace'])}" if value["namespace"] else "",
        f"--robot {value['robot']}" if value["robot"] else "",
        f"--audio {value['audio']}" if value["audio"] else "",
        *(f"--{name} {shlex.quote(value[name])}" if value[name] else "" for name in ("record", "file", "answer")),
        "" if yes["autostart"] else "--no-autostart",
        "--use-sim-time" if yes["use_sim_time"] else "",
    ]
    return Node(
        package="voice_pipeline",
        executable="container",
        arguments=shlex.split(" ".join(arguments)),
        respawn=yes["use_respawn"],
        output="screen",
    )


def generate_launch_description():
    """Arguments as Nav2's, plus robot and audio."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text) for name, default, text in ARGUMENTS
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_actions)])
