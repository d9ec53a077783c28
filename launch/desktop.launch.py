"""The pipeline for a laptop's microphone and speaker, with a simulated robot."""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription


def generate_launch_description():
    """bringup.launch.py with other defaults; every argument may still be given on the command line."""
    defaults = {"params_file": "desktop", "robot": "sim", "audio": "device"}
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value=value) for name, value in defaults.items()),
            IncludeLaunchDescription(str(Path(__file__).parent / "bringup.launch.py")),
        ]
    )
