"""`robot_sim`: the simulated Reachy Mini by itself, until Ctrl-C. What `robot:=sim` starts."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence

from voice_pipeline.commands._arguments import Parser
from voice_pipeline.commands._values import output_file, whole
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.simulator import SimulatedRobot


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 after SIGINT or SIGTERM, 1 it could not start or died, 2 wrong usage."""
    parser = Parser(prog="robot_sim", description="A simulated Reachy Mini on this machine.")
    parser.add_argument(
        "--port", type=whole(0, 65535), default=8000, help="of its HTTP interface (8000); 0: a free one"
    )
    parser.add_argument("--physics", action="store_true", help="MuJoCo: gravity, motors that take time")
    parser.add_argument("--log", type=output_file, help="file for the daemon's output")
    options, _ = parser.parse_known_args(args)  # `ros2 launch` appends --ros-args
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    robot = SimulatedRobot(options.port, options.log, options.physics)
    try:
        robot.start()
        print(f"robot_sim: simulated Reachy Mini on {robot.url} (Ctrl-C ends it)", flush=True)
        while not done.wait(0.2):
            if not robot.running:
                print("robot_sim: the daemon died.", file=sys.stderr)
                return 1
    except VoiceError as error:
        print(f"robot_sim: {error}", file=sys.stderr)
        return 1
    finally:
        robot.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
