"""`chat`: talk with the robot in writing, through the `converse` action. It answers and moves as it would on speech."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rclpy.utilities import remove_ros_args
from rich.console import Console

from voice_pipeline.commands._arguments import Parser
from voice_pipeline.commands._chat_robot import ChatRobot
from voice_pipeline.commands._chat_talk import COMMANDS, Talk
from voice_pipeline.commands._line_input import LineInput
from voice_pipeline.commands._values import namespace, number
from voice_pipeline.errors import VoiceError
from voice_pipeline.state import state_file

_KEYS = "Tab completes commands and recent lines, the arrow keys bring lines back, also of the last time. " + (
    "Ctrl-C stops an answer or drops the line, Ctrl-D leaves."
)


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 answered (or left), 1 nobody there or no answer, 2 wrong usage, 130 Ctrl-C while an answer came."""
    parser = Parser(
        prog="chat",
        description="Talk with the robot in writing. Without a text: line by line, typed or from a pipe.",
        epilog="\n".join(["Commands:", *(f"  {name:<9} {about}" for name, about in COMMANDS.items()), "", _KEYS]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("text", nargs="*", help="one question; its answer is printed, then it ends")
    parser.add_argument("--speak", action="store_true", help="let the robot speak the answers too")
    parser.add_argument("--namespace", type=namespace, default="", help="of the robot")
    parser.add_argument("--wait", type=number(0.0), default=5.0, help="seconds to wait for the robot")
    options = parser.parse_args(remove_ros_args(sys.argv)[1:] if args is None else args)
    console = Console(highlight=False, soft_wrap=True)
    try:
        with ChatRobot(options.namespace) as robot:
            robot.wait(options.wait)
            talk = Talk(robot, console, options.speak)
            if options.text:
                return talk.ask(" ".join(options.text))
            with LineInput(state_file("chat_history"), talk.completions) as lines:
                return talk.run(lines)
    except VoiceError as error:
        print(f"chat: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
        return 130


if __name__ == "__main__":
    sys.exit(main())
