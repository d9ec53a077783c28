"""Typed lines with editing, completion and a history file (readline), or lines of a pipe: the input of `chat` and `say`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from voice_pipeline.errors import VoiceError

try:
    import readline
except ImportError:  # some Pythons are built without it; lines are then typed without editing
    readline = None  # type: ignore[assignment]

_KEPT = 1000  # lines of history; a file of some 40 kB


class LineInput:
    """Reads lines. A context manager: the history is read at its start and written at its end.

    Args:
        history: file of earlier lines, made for its owner alone; only where a person types.
        words: what a beginning of a line may become, such as the names of commands.
    """

    def __init__(self, history: Path, words: Callable[[str], Sequence[str]]) -> None:
        self.interactive = sys.stdin.isatty()
        self._history = history
        self._words = words
        self._found: list[str] = []

    def __enter__(self) -> LineInput:
        if self.interactive and readline is not None:
            readline.set_completer_delims("")  # the whole line is one word
            readline.set_completer(self._complete)
            # libedit (macOS, some builds) reads another language than GNU readline
            libedit = "libedit" in (readline.__doc__ or "")
            readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
            readline.set_history_length(_KEPT)
            if self._history.exists():
                try:
                    readline.read_history_file(str(self._history))
                except OSError:
                    pass  # an unreadable history costs no conversation
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not (self.interactive and readline is not None):
            return
        readline.set_completer(None)
        try:
            self._history.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._history, os.O_CREAT | os.O_WRONLY, 0o600))
            readline.write_history_file(str(self._history))
        except OSError as problem:
            print(f"the history was not kept: {problem}", file=sys.stderr)

    def read(self, prompt: str) -> str | None:
        """The next line without its end; None at the end of input. Ctrl-C drops what is typed; on an empty line: None."""
        if not self.interactive:
            line = sys.stdin.readline()
            return line.rstrip("\n") if line else None
        while True:
            try:
                return input(prompt)
            except EOFError:
                print()
                return None
            except KeyboardInterrupt:
                typed = readline.get_line_buffer() if readline is not None else ""
                print()
                if not typed.strip():
                    return None

    def matches(self, beginning: str) -> list[str]:
        """What the beginning of a line may become: commands, and lines of before, the latest first."""
        found = [w for w in self._words(beginning) if w.startswith(beginning)]
        if beginning and readline is not None:
            last = readline.get_current_history_length()
            lines = (readline.get_history_item(i) for i in range(last, 0, -1))
            found += [line for line in lines if line and line.startswith(beginning) and line != beginning]
        return list(dict.fromkeys(found))

    def _complete(self, beginning: str, state: int) -> str | None:
        if state == 0:
            self._found = self.matches(beginning)
        return self._found[state] if state < len(self._found) else None


def each_line(
    lines: LineInput,
    prompt: str,
    command: Callable[[str], bool],
    one: Callable[[str], int],
    tell: Callable[[VoiceError | None], None],
) -> int:
    """Until the end of input; 0, or 1 when a line of a pipe failed.

    Args:
        command: takes a line that begins with /; False leaves.
        one: takes any other; 0 when it went well. Raises VoiceError, or KeyboardInterrupt when it was stopped.
        tell: shows an error, or with None that it was stopped.
    """
    failed = False
    while (line := lines.read(prompt)) is not None:
        text = line.strip()
        try:
            if text.startswith("/"):
                if not command(text):
                    break
            elif text:
                failed |= one(text) != 0
        except VoiceError as error:
            tell(error)
            failed = True
        except KeyboardInterrupt:
            tell(None)
    return int(failed and not lines.interactive)
