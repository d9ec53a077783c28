"""`say` line by line: what a person types is spoken, with the /commands for voice and speed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rcl_interfaces.srv import DescribeParameters

from voice_pipeline.action import Say
from voice_pipeline.commands._line_input import LineInput, each_line
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.ask import Asker
from voice_pipeline.ros.parameters import options_in

COMMANDS = {
    "/help": "this list",
    "/voice": "which voices there are; /voice NAME takes one",
    "/speed": "/speed 0.5 to 2; /speed 0 is the tts node's own",
    "/quit": "leave (Ctrl-D does too)",
}


@dataclass(frozen=True)
class Manner:
    """How something is said; empty and 0 are the tts node's own."""

    voice: str = ""
    speed: float = 0.0
    urgent: bool = False


class SayTalk:
    """Speaks.

    Args:
        asker: to the action `say`.
    """

    def __init__(self, asker: Asker, manner: Manner) -> None:
        self._asker = asker
        self._manner = manner
        self._voices: list[str] | None = None

    def completions(self, beginning: str) -> Sequence[str]:
        """What a line that begins so may become."""
        if beginning.startswith("/voice "):
            return [f"/voice {name}" for name in self.voices()]
        return list(COMMANDS) if beginning.startswith("/") else []

    def voices(self) -> list[str]:
        """Those of the tts node; none when it does not say."""
        if self._voices is None:
            try:
                request = DescribeParameters.Request(names=["voice"])
                answer = self._asker.call(DescribeParameters, "tts/describe_parameters", request)
                listed = answer.descriptors[0].additional_constraints if answer.descriptors else ""
            except VoiceError:
                return []
            self._voices = options_in(listed)
        return self._voices

    def run(self, lines: LineInput) -> int:
        """Until the end of input; 0, or 1 when a line of a pipe was not spoken."""
        if lines.interactive:
            print("Type, Enter speaks. /help lists the commands, Tab completes, Ctrl-C stops the voice.")
        return each_line(lines, "say   ", self._command, self.say, _tell)

    def say(self, text: str) -> int:
        """One text; 0 when it was spoken. Raises VoiceError, KeyboardInterrupt as Asker.ask."""
        m = self._manner
        priority = Say.Goal.PRIORITY_URGENT if m.urgent else Say.Goal.PRIORITY_NORMAL
        goal = Say.Goal(text=text.strip(), voice=m.voice, speed=m.speed, priority=priority)
        result = self._asker.ask(goal).result
        if result.error_code:
            print(f"say: {result.error_msg}", file=sys.stderr)
            return 1
        print(f"said in {result.spoken_seconds:.1f} s: {result.spoken_text}", flush=True)
        return 0

    def _command(self, text: str) -> bool:
        """False: leave."""
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        if word in ("/quit", "/exit"):
            return False
        if word == "/help":
            print("\n".join(f"{name:<9} {about}" for name, about in COMMANDS.items()))
        elif word == "/voice":
            if rest:
                self._manner = replace(self._manner, voice=rest)
            print(f"{self._manner.voice or 'its own'} (there are: {', '.join(self.voices()) or 'nobody says'})")
        elif word == "/speed":
            self._manner = replace(self._manner, speed=_number(rest, self._manner.speed))
            print(f"speed {self._manner.speed:g}" if self._manner.speed else "its own speed")
        else:
            print(f"there is no command {word}; /help lists them")
        return True


def _tell(error: VoiceError | None) -> None:
    if error is None:
        print("(stopped)")
    else:
        print(f"say: {error}", file=sys.stderr)


def _number(text: str, otherwise: float) -> float:
    if not text:
        return otherwise
    try:
        return float(text)
    except ValueError:
        raise VoiceError(f"'{text}' is no speed.", "Say a number, such as 1.2.") from None
