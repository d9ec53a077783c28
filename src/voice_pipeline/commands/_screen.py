"""Draws a conversation in a terminal, line by line, with a live line for what is being heard; plain lines in a log."""

from __future__ import annotations

import time

from rich.console import Console
from rich.live import Live
from rich.text import Text

from voice_pipeline.bringup.conversation import Turn
from voice_pipeline.bringup.watcher import Event
from voice_pipeline.commands._stage_colours import COLOURS
from voice_pipeline.msg import TurnState

_BAR = 60  # characters


class Screen:
    """Shows events as they come. Use as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._started = time.monotonic()
        self._live = Live(Text(""), console=self.console, refresh_per_second=12, transient=True)
        self._partial = ""

    def __enter__(self) -> Screen:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            self._live.stop()

    def line(self, word: str, text: str | Text, colour: str = "white") -> None:
        """One permanent line: time, what kind, what."""
        row = Text(f"{time.monotonic() - self._started:6.1f} s  ", style="bright_black")
        row.append(f"{word:>8}  ", style=f"bold {colour}")
        row.append(text if isinstance(text, Text) else Text(text))
        self.console.print(row)

    def status(self, text: str | Text) -> None:
        """The live line at the bottom; nothing in a log."""
        if self.console.is_terminal:
            self._live.update(text if isinstance(text, Text) else Text(text, style="bright_black"))

    def show(self, event: Event) -> None:
        """One event."""
        data = event.data
        if event.kind == "speech" and event.text == "start":
            self._partial = ""
            self.status("           …listening")
        elif event.kind == "partial":
            self._show_partial(event)
        elif event.kind == "heard":
            self.status("")
            note = f"  ({100 * data['confidence']:.0f} % sure, {data['seconds']:.2f} s)"
            self.line("heard", Text.assemble(f"“{event.text}”", (note, "bright_black")), "cyan")
        elif event.kind == "rejected":
            self.line("ignored", f"“{event.text}”: {data['reason']}", "bright_black")
        elif event.kind == "state" and data["state"] == TurnState.THINKING:
            self.line("thinks", Text(event.text or "…", style="bright_black"), "yellow")
        elif event.kind == "state" and data["state"] == TurnState.INTERRUPTED:
            self.line("stops", event.text or "interrupted", "red")
        elif event.kind == "tool":
            result = f": {data['result']}" if data["result"] else ""
            self.line("tool", f"{event.text}({data['arguments']}) {data['status']}{result}", "magenta")
        elif event.kind == "says":
            self.line("says", f"“{event.text}”", "green")
        elif event.kind == "fault":
            self.line("fault", f"{data.get('node', '')}: {event.text}", "red")

    def _show_partial(self, event: Event) -> None:
        stable = event.data.get("stable", "")
        if self.console.is_terminal:
            self.status(
                Text.assemble("           hearing  ", (stable, "bold"), (event.text[len(stable) :], "bright_black"))
            )
        elif event.text != self._partial:
            self.line("hears", f"{event.text} …", "bright_black")
        self._partial = event.text

    def turn(self, turn: Turn) -> None:
        """The end of a turn: how far the head moved, and a bar of what the answer waited for."""
        if turn.head_moved_deg >= 1.0:
            self.line("moved", f"head by {turn.head_moved_deg:.1f}° (measured)", "blue")
        stages = [(w, ms) for w, ms in turn.stages_ms() if ms >= 0.5]
        total = sum(ms for _, ms in stages)
        if not total:
            return
        bar, legend = Text(), Text()
        for word, ms in stages:
            bar.append("█" * max(1, round(_BAR * ms / total)), style=COLOURS[word])
            legend.append("■ ", style=COLOURS[word])
            legend.append(f"{word} {ms:.0f}  ")
        self.line(
            "time",
            Text.assemble(bar, f"  {turn.gap_ms:.0f} ms from the end of speech to the first sound"),
            "bright_black",
        )
        self.console.print(Text(" " * 20).append(legend))
