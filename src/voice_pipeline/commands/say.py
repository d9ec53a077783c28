"""`say`: speak a text through the `say` action, and tell what was heard of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rclpy.utilities import remove_ros_args

from voice_pipeline.action import Say
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.ask import Asker


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 spoken, 1 nobody there or not spoken, 2 wrong usage, 130 Ctrl-C."""
    parser = argparse.ArgumentParser(prog="say", description="Speak a text on the robot. Ctrl-C stops it.")
    parser.add_argument("text", nargs="+", help="what to say; - reads standard input")
    parser.add_argument("--voice", default="", help="as the tts node knows it; default: its own")
    parser.add_argument("--speed", type=float, default=0.0, help="0.5..2; default: the tts node's")
    parser.add_argument("--urgent", action="store_true", help="instead of what is being said")
    parser.add_argument("--namespace", default="", help="of the robot")
    parser.add_argument("--wait", type=float, default=5.0, help="seconds to wait for the robot")
    options = parser.parse_args(remove_ros_args(sys.argv)[1:] if args is None else args)
    text = sys.stdin.read() if options.text == ["-"] else " ".join(options.text)
    goal = Say.Goal(
        text=text.strip(),
        voice=options.voice,
        speed=options.speed,
        priority=Say.Goal.PRIORITY_URGENT if options.urgent else Say.Goal.PRIORITY_NORMAL,
    )
    try:
        with Asker("say_command", Say, "say", options.namespace) as asker:
            asker.wait_for_server(options.wait)
            result = asker.ask(goal).result
    except VoiceError as error:
        print(f"say: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if result.error_code:
        print(f"say: {result.error_msg}", file=sys.stderr)
        return 1
    print(f"said in {result.spoken_seconds:.1f} s: {result.spoken_text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
