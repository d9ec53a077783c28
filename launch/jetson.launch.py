"""The pipeline for the Jetson Orin Nano with its microphone, its speaker and a real robot."""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource


def generate_launch_description():
    """bringup.launch.py with other defaults; every argument may still be given on the command line."""
    bringup = PythonLaunchDescriptionSource(str(Path(__file__).parent / "bringup.launch.py"))
    defaults = {"params_file": "jetson", "robot": "real", "audio": "device"}
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(name, default_value=value, description=f"see bringup.launch.py; {value} here")
                for name, value in defaults.items()
            ),
            IncludeLaunchDescription(bringup),
        ]
    )
