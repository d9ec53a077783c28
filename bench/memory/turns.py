"""`python -m bench.memory.turns`: a hundred turns with a real model; first-token time and share of the prompt in the cache.

Between two turns the mind tidies up as the node has it do (summary or cut, reading ahead); its seconds are told apart.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from voice_pipeline.dialogue import ENGINES, ModelSettings, create
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.facts import Facts
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.protocol import GenerateOptions, Message
from voice_pipeline.dialogue.surroundings import Surroundings
from voice_pipeline.dialogue.tools import Outcome, PendingCall, ValidCall
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

_QUESTIONS = (
    "What is the capital of {}?", "Tell me something about {}.", "Is it cold in {} now?", "What do people eat in {}?",
    "How big is {}?", "Would you like to see {}?", "Which language is spoken in {}?",
)  # fmt: skip
_PLACES = ("France", "Peru", "Japan", "Kenya", "Norway", "Canada", "India", "Egypt", "Chile", "Greece", "Cuba")
_SECONDS_A_TURN = 30.0  # of the note's clock


@dataclass
class TurnFigures:
    """Of one turn: tokens read in its prompt, of these found in the cache, s to the first token, s of tidying after it."""

    turn: int
    read: int
    cached: int
    first_s: float
    tidy_s: float
    summary: bool


class _Local:
    """Runs local tools; a movement succeeds at once."""

    mind: Assembled

    def start(self, call: ValidCall, call_id: str) -> PendingCall:
        pending = PendingCall(call_id, call)
        local = call.tool.kind == "local"
        pending.finish(self.mind.local.run(call) if local else Outcome("succeeded", "done"))
        return pending


class _Silent:
    """A listener that looks away."""

    def request(self) -> None: ...
    def first_token(self) -> None: ...
    def clause(self, text: str, stock: bool) -> None: ...
    def requested(self, call_id: str, call: ValidCall) -> None: ...
    def refused(self, call_id: str, name: str, arguments_json: str, reason: str) -> None: ...


def run(options: argparse.Namespace, folder: Path) -> list[TurnFigures]:
    """Every turn's figures."""
    robot = _Local()
    # A machine with other work on it is slow, not broken.
    model = create(
        ModelSettings(
            engine=options.engine,
            model=options.model,
            host=options.host,
            threads=options.threads,
            first_token_timeout_s=120.0,
            stall_timeout_s=60.0,
        )
    )
    persona = load_persona(resource(f"config/personas/{options.persona}.yaml"))
    settings = MindSettings(options=GenerateOptions(max_tokens=options.max_tokens))
    mind = robot.mind = Assembled(
        model, load(resource("config/tools.yaml")), persona, robot, settings,
        max_turns=options.history_turns, calls_per_minute=100_000, facts=Facts(folder / "memory.md"),
    )  # fmt: skip
    mind.warm_up()
    clock = [1_795_248_240.0]
    around = Surroundings(lambda: clock[0], time.gmtime)
    figures = []
    for turn in range(1, options.turns + 1):
        clock[0] += _SECONDS_A_TURN
        around.body("", 0.0, 0.3 * (turn // 4 % 3 - 1))
        mind.history.note = around.line() if options.surroundings else ""
        question = _QUESTIONS[turn % len(_QUESTIONS)].format(_PLACES[turn % len(_PLACES)])
        answer = mind.answer(question, threading.Event(), _Silent())
        mind.history.append(question, [*answer.messages, Message("assistant", " ".join(answer.clauses) or "…")])
        had, begin = mind.history.summary, time.monotonic()
        mind.tidy(threading.Event())
        usage = answer.usage
        assert usage is not None
        tidy = time.monotonic() - begin
        made = mind.history.summary != had
        read = usage.prompt_tokens  # llama.cpp counts those it had to read
        figures.append(TurnFigures(turn, read, usage.cached_tokens, usage.first_token_s, tidy, made))
        if turn % 10 == 0:
            print(
                f"turn {turn}: {read} tokens read, {usage.cached_tokens} in the cache, {usage.first_token_s:.2f} s",
                flush=True,
            )
        if made and options.verbose:
            print(f"turn {turn}: {mind.history.summary}", flush=True)
    mind.model.close()
    return figures


def report(figures: list[TurnFigures]) -> list[str]:
    """Lines for people."""
    lines = ["turn  tokens read  in the cache  first token s  tidy s"]
    for turn in sorted({1, 10, 50, len(figures)}):
        if turn <= len(figures):
            f = figures[turn - 1]
            lines.append(f"{f.turn:4}  {f.read:11}  {f.cached:12}  {f.first_s:13.2f}  {f.tidy_s:6.1f}")
    read, cached = sum(f.read for f in figures), sum(f.cached for f in figures)
    half = len(figures) // 2 or 1
    early, late = (statistics.median(f.read for f in part) for part in (figures[:half], figures[half:] or figures))
    first = [f.first_s for f in figures]
    at = sorted(first)[min(len(first) - 1, math.ceil(0.95 * len(first)) - 1)]
    lines.append(f"cache hits: {cached / max(1, read + cached):.1%} of {read + cached} tokens of prompt")
    lines.append(
        f"tokens read a turn, median: {early:g} in the first half, {late:g} in the second; most {max(f.read for f in figures)}"
    )
    lines.append(f"first token: median {statistics.median(first):.2f} s, 95 % within {at:.2f} s")
    lines.append(
        f"summaries: {sum(f.summary for f in figures)}; tidying: median {statistics.median(f.tidy_s for f in figures):.2f} s, most {max(f.tidy_s for f in figures):.1f} s"
    )
    return lines


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory.turns", description=__doc__)
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--engine", default="llama_cpp", choices=sorted(ENGINES))
    parser.add_argument("--model", default=ModelSettings.model)
    parser.add_argument("--host", default=ModelSettings.host)
    parser.add_argument("--threads", type=int, default=0, help="0: one less than the cores")
    parser.add_argument("--persona", default="plain")
    parser.add_argument("--history-turns", type=int, default=12)
    parser.add_argument("--max-tokens", type=int, default=40)
    parser.add_argument(
        "--surroundings", action="store_true", help="tell date, time and pose in front of the questions"
    )
    parser.add_argument("--verbose", action="store_true", help="print the summaries")
    parser.add_argument("--out", type=Path, default=Path("build/bench/memory.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(options, Path(folder))
    print("\n".join(report(figures)))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps([asdict(f) for f in figures], indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
