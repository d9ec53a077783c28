"""The pipeline for the Jetson Orin Nano with its microphone, its speaker and a real robot."""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription


def generate_launch_description():
    """bringup.launch.py with other defaults; every argument may still be given on the command line."""
    defaults = {"params_file": "jetson", "robot": "real", "audio": "device"}
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value=value) for name, value in defaults.items()),
            IncludeLaunchDescription(str(Path(__file__).parent / "bringup.launch.py")),
        ]
    )
