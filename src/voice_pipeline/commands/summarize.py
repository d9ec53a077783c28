"""`summarize`: minutes of what was said, through the `summarize` action; for machines without `ros2 action` too."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rclpy.utilities import remove_ros_args

from voice_pipeline.action import Summarize
from voice_pipeline.commands._arguments import Parser
from voice_pipeline.commands._values import DAY_S, checked, namespace, number, output_file
from voice_pipeline.dialogue.minutes import FORMATS
from voice_pipeline.dialogue.minutes_template import load_template
from voice_pipeline.dialogue.translation import language_name
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.ask import Asker

_YEAR_S = 366 * DAY_S


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 written, 1 nobody there or nothing written, 2 wrong usage, 130 Ctrl-C."""
    parser = Parser(prog="summarize", description="Minutes of what was said. Ctrl-C gives it up.")
    parser.add_argument(
        "--last",
        type=number(0.0, _YEAR_S),
        default=0.0,
        metavar="S",
        help="only the last S seconds; default: all of it",
    )
    parser.add_argument("--format", default="", choices=tuple(FORMATS), help="default: the node's")
    parser.add_argument(
        "--language",
        type=checked(lambda text: text and language_name(text)),
        default="",
        help="of the minutes, such as de; default: that of the session",
    )
    parser.add_argument(
        "--template",
        type=checked(lambda text: load_template(Path(text).expanduser())),
        metavar="FILE.md",
        help="headings of your own",
    )
    parser.add_argument("--out", type=output_file, metavar="FILE", help="write there, not to the screen")
    parser.add_argument("--namespace", type=namespace, default="", help="of the robot")
    parser.add_argument("--wait", type=number(0.0), default=5.0, help="seconds to wait for the robot")
    options = parser.parse_args(remove_ros_args(sys.argv)[1:] if args is None else args)
    template = str(Path(options.template).expanduser().absolute()) if options.template else ""
    goal = Summarize.Goal(last_s=options.last, format=options.format, language=options.language, template_path=template)
    try:
        with Asker("summarize_command", Summarize, "summarize", options.namespace) as asker:
            asker.wait_for_server(options.wait)
            result = asker.ask(goal, _show if sys.stderr.isatty() else None).result
    except VoiceError as error:
        print(f"summarize: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if result.error_code:
        print(f"summarize: {result.error_msg}", file=sys.stderr)
        return 1
    if options.out:
        try:
            options.out.parent.mkdir(parents=True, exist_ok=True)
            options.out.write_text(result.minutes, encoding="utf-8")
        except OSError as error:  # they took minutes to write: shown, not lost
            print(result.minutes)
            print(f"summarize: cannot write {options.out}: {error.strerror}. The minutes are above.", file=sys.stderr)
            return 1
        print(f"summarize: {result.utterances} utterances in {options.out}", file=sys.stderr)
    else:
        print(result.minutes)
    return 0


def _show(feedback: Any) -> None:
    done = round(100 * feedback.progress)
    print(f"\r{done:3d} %", end="\n" if done >= 100 else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
