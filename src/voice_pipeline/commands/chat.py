"""`chat`: talk with the robot in writing, through the `converse` action. It answers and moves as it would on speech."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from rclpy.utilities import remove_ros_args
from rich.console import Console

from voice_pipeline.action import Converse
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.ask import Asker


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 answered (or left), 1 nobody there or no answer, 2 wrong usage, 130 Ctrl-C while an answer came."""
    parser = argparse.ArgumentParser(
        prog="chat", description="Talk with the robot in writing. Without a text: line by line until Ctrl-D."
    )
    parser.add_argument("text", nargs="*", help="one question; its answer is printed, then it ends")
    parser.add_argument("--speak", action="store_true", help="let the robot speak the answers too")
    parser.add_argument("--namespace", default="", help="of the robot")
    parser.add_argument("--wait", type=float, default=5.0, help="seconds to wait for the robot")
    options = parser.parse_args(remove_ros_args(sys.argv)[1:] if args is None else args)
    console = Console(highlight=False, soft_wrap=True)
    try:
        with Asker("chat_command", Converse, "converse", options.namespace) as asker:
            asker.wait_for_server(options.wait)
            if options.text:
                return _ask(asker, " ".join(options.text), options.speak, console)
            return _talk(asker, options.speak, console)
    except VoiceError as error:
        print(f"chat: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
        return 130


def _talk(asker: Asker, speak: bool, console: Console) -> int:
    if sys.stdin.isatty():
        console.print("[dim]Type, Enter sends. Ctrl-C stops an answer, Ctrl-D leaves.[/]")
    while True:
        try:
            text = console.input("[bold]you[/]   ") if sys.stdin.isatty() else sys.stdin.readline()
        except (EOFError, KeyboardInterrupt):
            console.print()
            return 0
        if not text and not sys.stdin.isatty():
            return 0
        if not text.strip():
            continue
        try:
            _ask(asker, text, speak, console)
        except KeyboardInterrupt:
            console.print("  [dim](stopped)[/]")


def _ask(asker: Asker, text: str, speak: bool, console: Console) -> int:
    shown: list[str] = []

    def show(feedback: Any) -> None:
        console.print("[bold cyan]robot[/] " if not shown else " ", feedback.text, end="", markup=True, sep="")
        shown.append(feedback.text)

    result = asker.ask(Converse.Goal(text=text.strip(), speak=speak), show).result
    if not shown and result.reply:
        console.print("[bold cyan]robot[/] ", result.reply, end="", sep="")
    tools = f", {', '.join(result.tools)}" if result.tools else ""
    console.print(f"  [dim]({result.first_token_s:.1f} s{tools})[/]")
    if result.error_code:
        console.print(f"[red]{result.error_msg}[/]")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
