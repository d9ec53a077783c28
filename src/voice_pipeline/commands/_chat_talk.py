"""The conversation of `chat`: one question and its answer on the screen, and the /commands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from voice_pipeline.commands._chat_robot import ChatRobot
from voice_pipeline.commands._line_input import LineInput, each_line
from voice_pipeline.dialogue.prompt import describe
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import ToolCall
from voice_pipeline.resources import resource

COMMANDS = {
    "/help": "this list",
    "/tools": "what the robot may do on request",
    "/history": "this conversation so far, with the time of each answer",
    "/persona": "who the robot is; /persona NAME changes it",
    "/speak": "on or off: say the answers aloud too",
    "/quit": "leave (Ctrl-D does too)",
}
_STATUS = {
    ToolCall.SUCCEEDED: ("done", "green"),
    ToolCall.FAILED: ("failed", "red"),
    ToolCall.REFUSED: ("refused", "yellow"),
    ToolCall.CANCELLED: ("cancelled", "yellow"),
}


@dataclass(frozen=True)
class Exchange:
    """A question and its answer."""

    question: str
    reply: str
    note: str


class Talk:
    """Asks and shows.

    Args:
        speak: the answers are said aloud too.
    """

    def __init__(self, robot: ChatRobot, console: Console, speak: bool) -> None:
        self._robot = robot
        self._console = console
        self._speak = speak
        self._exchanges: list[Exchange] = []

    def completions(self, beginning: str) -> Sequence[str]:
        """What a line that begins so may become."""
        if beginning.startswith("/persona "):
            return [f"/persona {name}" for name in _personas()]
        if beginning.startswith("/speak "):
            return ["/speak on", "/speak off"]
        return list(COMMANDS) if beginning.startswith("/") else []

    def run(self, lines: LineInput) -> int:
        """Until the end of input; 0, or 1 when a question of a pipe was not answered."""
        if lines.interactive:
            self._console.print("Type, Enter sends. /help lists the commands, Tab completes, Ctrl-C stops an answer.")
        return each_line(lines, "you   ", self._command, self.ask, self._tell)

    def ask(self, text: str) -> int:
        """One question; 0 when it was answered. Raises VoiceError, KeyboardInterrupt as ChatRobot.ask."""
        shown: list[str] = []

        def show(piece: str) -> None:
            self._console.print(Text("robot ", "bold cyan") if not shown else " ", Text(piece), end="", sep="")
            shown.append(piece)

        result = self._robot.ask(text, self._speak, show)
        if not shown and result.reply:
            show(result.reply)
        note = f"{result.first_token_s:.2f} s to the first word, {result.total_s:.2f} s in all"
        self._console.print(Text(f"  ({note})", "dim"))
        for call in self._robot.calls(result.turn_id, len(result.tools)):
            self._console.print(_tool_line(call))
        self._exchanges.append(Exchange(text, result.reply or result.error_msg, note))
        if result.error_code:
            self._console.print(Text(result.error_msg, "red"))
        return int(bool(result.error_code))

    def _tell(self, error: VoiceError | None) -> None:
        self._console.print("  [dim](stopped)[/]" if error is None else Text(str(error), style="red"))

    def _command(self, text: str) -> bool:
        """False: leave."""
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        if word in ("/quit", "/exit"):
            return False
        if word == "/help":
            for name, about in COMMANDS.items():
                self._print(f"{name:<9} {about}")
        elif word == "/tools":
            self._tools()
        elif word == "/history":
            for one in self._exchanges or [Exchange("", "nothing was said yet", "")]:
                self._print(f"you   {one.question}\nrobot {one.reply}  ({one.note})" if one.question else one.reply)
        elif word == "/persona":
            if rest:
                self._robot.set_parameter("persona", rest)
            self._print(f"{self._robot.parameter('persona')} (there are: {', '.join(_personas())})")
        elif word == "/speak":
            self._speak = rest != "off" if rest else not self._speak
            self._print(f"answers are {'spoken too' if self._speak else 'only shown'}")
        else:
            self._print(f"there is no command {word}; /help lists them")
        return True

    def _tools(self) -> None:
        for tool in load(resource(self._robot.parameter("tools_file"))).tools.values():
            by = "; by set phrases only" if tool.only_phrases else ""
            self._print(f"{describe(tool.spec)} ({tool.kind}{by})")

    def _print(self, text: str) -> None:
        self._console.print(Text(text, "dim"))


def _tool_line(call: ToolCall) -> Text:
    word, colour = _STATUS[call.status]
    try:
        arguments = ", ".join(f"{k}={v}" for k, v in json.loads(call.arguments_json).items())
    except (ValueError, AttributeError):  # as received when it was refused: anything
        arguments = call.arguments_json
    result = f": {call.result}" if call.result and call.result != "done" else ""
    return Text.assemble(
        f"      {call.name or 'no tool'}({arguments}) ", (word, colour), f"{result} {call.duration_s:.2f} s"
    )


def _personas() -> list[str]:
    try:
        folder: Path = resource("config/personas")
    except VoiceError:
        return []
    return sorted(p.stem for p in folder.glob("*.yaml"))
