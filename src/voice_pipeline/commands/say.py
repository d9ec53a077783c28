"""`say`: speak a text through the `say` action, and tell what was heard of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rclpy.utilities import remove_ros_args

from voice_pipeline.action import Say
from voice_pipeline.commands._arguments import Parser
from voice_pipeline.commands._line_input import LineInput
from voice_pipeline.commands._say_talk import COMMANDS, Manner, SayTalk
from voice_pipeline.commands._values import namespace, number
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.ask import Asker
from voice_pipeline.state import state_file

_KEYS = "Tab completes commands, the names of voices and recent lines. Ctrl-C stops the voice or drops the line, Ctrl-D leaves."


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 spoken (or left), 1 nobody there or not spoken, 2 wrong usage, 130 Ctrl-C while it spoke."""
    parser = Parser(
        prog="say",
        description="Speak a text on the robot; Ctrl-C stops it. Without a text: line by line, typed or from a pipe.",
        epilog="\n".join(["Commands:", *(f"  {name:<9} {about}" for name, about in COMMANDS.items()), "", _KEYS]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("text", nargs="*", help="what to say, then it ends; - reads all of standard input as one text")
    parser.add_argument("--voice", default="", help="as the tts node knows it; default: its own")
    parser.add_argument("--voices", action="store_true", help="list the voices there are")
    parser.add_argument("--speed", type=number(0.5, 2.0), default=0.0, help="0.5..2; default: the tts node's")
    parser.add_argument("--urgent", action="store_true", help="instead of what is being said")
    parser.add_argument("--namespace", type=namespace, default="", help="of the robot")
    parser.add_argument("--wait", type=number(0.0), default=5.0, help="seconds to wait for the robot")
    options = parser.parse_args(remove_ros_args(sys.argv)[1:] if args is None else args)
    try:
        with Asker("say_command", Say, "say", options.namespace) as asker:
            asker.wait_for_server(options.wait)
            talk = SayTalk(asker, Manner(options.voice, options.speed, options.urgent))
            if options.voices:
                return _list(talk.voices())
            if options.text:
                return talk.say(sys.stdin.read() if options.text == ["-"] else " ".join(options.text))
            with LineInput(state_file("say_history"), talk.completions) as lines:
                return talk.run(lines)
    except VoiceError as error:
        print(f"say: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
        return 130


def _list(voices: Sequence[str]) -> int:
    if not voices:
        raise VoiceError("the tts node does not tell its voices.", "See its log; it may not be configured yet.")
    print("\n".join(voices))
    return 0


if __name__ == "__main__":
    sys.exit(main())
