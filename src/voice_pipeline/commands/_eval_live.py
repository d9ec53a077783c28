"""A person at the microphone: shows what is heard, and scores it where the person reads given sentences."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from voice_pipeline.bringup.session import Session
from voice_pipeline.commands._eval_ears import Ears, Final
from voice_pipeline.commands._eval_files import pre_roll_s
from voice_pipeline.commands._eval_result import Result
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.stamps import NS

_QUIET_NS = NS  # after the last words of a sentence: a reader's breath is no end


def read_prompts(path: Path | None) -> list[str]:
    """Sentences to read, one a line; empty lines and those with # in front are left out.

    Raises:
        VoiceError: there is no such file, or nothing in it.
    """
    if path is None:
        return []
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise VoiceError(f"{path} cannot be read: {error}.", "Name a text file, one sentence a line.") from error
    prompts = [line for line in lines if line and not line.startswith("#")]
    if not prompts:
        raise VoiceError(f"{path} holds no sentence.", "Write one a line.")
    return prompts


def listen(
    session: Session, prompts: Sequence[str], results: list[Result], console: Console, language: str, seconds: float
) -> None:
    """Append a result a prompt (or, without prompts, one an utterance), until they are over, `seconds` have passed, or
    Ctrl-C."""
    ears = Ears(session, pre_roll_s(session.plan))
    until = time.monotonic() + seconds if seconds else float("inf")
    for number, prompt in enumerate(prompts, 1):
        console.print(f"\n[bold]({number}/{len(prompts)}) Please say:[/] {escape(prompt)}")
        result = Result(f"prompt {number}", "live", prompt, folder="live", language=language)
        if not _one(session, ears, result, console, until):
            return
        results.append(result)
    while not prompts and time.monotonic() < until:
        result = Result(
            f"utterance {len(results) + 1}", "live", None, folder="live", language=language, speech="unknown"
        )
        if _one(session, ears, result, console, until):
            results.append(result)


def _one(session: Session, ears: Ears, result: Result, console: Console, until: float) -> bool:
    """Wait for words that are passed on and the silence after them; False when time is up before."""
    first_ns, told = time.time_ns(), len(ears.finals)
    heard_ns = 0
    while time.monotonic() < until:
        session.drain(0.05)
        for final in ears.finals[told:]:
            told += 1
            _show(final, console)
            if not final.rejected_reason or not result.reference:
                heard_ns = final.came_ns
        if heard_ns and not ears.open and (not result.reference or time.time_ns() - heard_ns > _QUIET_NS):
            ears.collect(result, first_ns, time.time_ns())
            return True
    return False


def _show(final: Final, console: Console) -> None:
    if final.rejected_reason:
        by = f" ({final.rejected_by})" if final.rejected_by else ""
        console.print(f"  [red]rejected[/] {escape(final.text)!r}: {escape(final.rejected_reason + by)}")
    else:
        console.print(f"  [cyan]heard[/] {escape(final.text)}  [bright_black]{final.latency_ms:.0f} ms[/]")
