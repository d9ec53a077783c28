"""`eval_tools`: what the robot would do on a list of utterances, with the real model and tools but no robot."""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from voice_pipeline.dialogue import ENGINES, ModelSettings, create
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.local_tools import LOCAL_TOOLS
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.tools import Outcome, PendingCall, ValidCall
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource

_TOLERANCE = 0.5  # of a number that was asked for, in its own unit


@dataclass
class Case:
    """One utterance; `calls` is what should happen, in order, as (tool, arguments that matter); empty: only talk."""

    say: str
    calls: list[tuple[str, dict[str, Any]]]
    kind: str = ""


@dataclass
class Result:
    """What happened. seconds: until the first tool call went out or the first clause was ready."""

    say: str
    kind: str
    expected: list[tuple[str, dict[str, Any]]]
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    answer: str = ""
    by: str = "model"
    seconds: float = math.nan
    correct: bool = False
    false_action: bool = False
    error: str = ""


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 measured, 1 the model is not available, 2 wrong usage."""
    options = _options(args)
    console = Console(highlight=False)
    try:
        cases = read_cases(resource(options.cases))
        recorder, mind = _prepare(options)
    except VoiceError as error:
        print(f"eval-tools: {error}", file=sys.stderr)
        return 2
    try:
        with console.status("loading the model") if console.is_terminal else console.capture():
            mind.warm_up()
        results = [_run(c, mind, recorder, console) for c in cases]
    except VoiceError as error:
        print(f"eval-tools: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\neval-tools: interrupted.", file=sys.stderr)
        return 130
    finally:
        mind.model.close()
    _show(results, options, console)
    _write(results, options)
    return 0


def read_cases(path: Path) -> list[Case]:
    """Cases of a YAML (a list, or `cases:`) or JSON Lines file: {say, tool | null, arguments?} or {say, calls: [...]}.

    Raises:
        VoiceError: not readable, or an entry has neither.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".jsonl", ".ndjson"):
            data: Any = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            data = yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise VoiceError(f"{path} cannot be read: {error}.", "Give YAML or JSON Lines.") from error
    entries = data.get("cases") if isinstance(data, Mapping) else data
    if not isinstance(entries, list) or not entries:
        raise VoiceError(f"{path} holds no cases.", "Give a list of {say: ..., tool: name or null, arguments: {...}}.")
    return [_case(path, i, e) for i, e in enumerate(entries)]


def _case(path: Path, index: int, entry: Any) -> Case:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("say"), str) or not ({"tool", "calls"} & set(entry)):
        raise VoiceError(
            f"{path}: case {index + 1} is {entry!r}.", "Write {say: text, tool: name or null, arguments: {}}."
        )
    wanted = entry.get("calls")
    if wanted is None:
        wanted = [{"tool": entry["tool"], "arguments": entry.get("arguments")}] if entry["tool"] else []
    return Case(entry["say"], [(c["tool"], dict(c.get("arguments") or {})) for c in wanted], str(entry.get("kind", "")))


class Recorder:
    """Takes the robot's place: every call succeeds and is kept. Local tools really run."""

    def __init__(self) -> None:
        self.calls: list[ValidCall] = []

    def start(self, call: ValidCall, call_id: str) -> PendingCall:
        self.calls.append(call)
        pending = PendingCall(call_id, call)
        pending.finish(Outcome("succeeded", LOCAL_TOOLS[call.tool.name]() if call.tool.kind == "local" else "done"))
        return pending


class _Stopwatch:
    """Listener that notes when the first thing happened."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.first = math.nan
        self.refusals: list[str] = []

    def request(self) -> None: ...

    def first_token(self) -> None: ...

    def clause(self, text: str, stock: bool) -> None:
        self._mark()

    def requested(self, call_id: str, call: ValidCall) -> None:
        self._mark()

    def refused(self, call_id: str, name: str, arguments_json: str, reason: str) -> None:
        self.refusals.append(f"{arguments_json}: {reason}")

    def _mark(self) -> None:
        if math.isnan(self.first):
            self.first = time.monotonic() - self._start


def _options(args: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="eval_tools", description="Run utterances through the language model and the tools, without a robot."
    )
    parser.add_argument(
        "--cases", default="test/data/tool_cases.yaml", help="YAML or JSON Lines: say, tool|null, arguments"
    )
    parser.add_argument("--engine", default="llama_cpp", choices=sorted(ENGINES))
    parser.add_argument("--model", default=ModelSettings.model, help="model id or path (llama_cpp), name (ollama)")
    parser.add_argument("--host", default=ModelSettings.host, help="of the ollama server")
    parser.add_argument("--threads", type=int, default=0, help="0: one less than the cores")
    parser.add_argument("--tools", default="config/tools.yaml")
    parser.add_argument("--persona", default="reachy")
    parser.add_argument("--language", default="en")
    parser.add_argument("--no-phrases", action="store_true", help="the model decides everything")
    parser.add_argument("--out", default="build/eval-tools", help="folder for summary.json and details.json")
    return parser.parse_args(args)


def _prepare(options: argparse.Namespace) -> tuple[Recorder, Assembled]:
    recorder = Recorder()
    settings = ModelSettings(engine=options.engine, model=options.model, host=options.host, threads=options.threads)
    model = create(settings)
    mind = Assembled(
        model,
        load(resource(options.tools)),
        load_persona(resource(f"config/personas/{options.persona}.yaml")),
        recorder,
        MindSettings(language=options.language, use_phrases=not options.no_phrases),
        calls_per_minute=1_000_000,
    )
    return recorder, mind


def _run(case: Case, mind: Assembled, recorder: Recorder, console: Console) -> Result:
    recorder.calls.clear()
    watch = _Stopwatch()
    result = Result(case.say, case.kind, case.calls)
    try:
        answer = mind.answer(case.say, threading.Event(), watch)
        result.answer = " ".join(answer.clauses)
        result.by = "phrase" if answer.by_phrase else "model"
    except VoiceError as error:
        result.error = str(error)
    result.seconds = watch.first
    result.refused = watch.refusals
    result.called = [(c.tool.name, c.arguments) for c in recorder.calls]
    result.correct = not result.error and _same(result.called, case.calls)
    result.false_action = not case.calls and any(c.tool.kind != "local" for c in recorder.calls)
    mark = "[green]ok[/]" if result.correct else "[bold red]FALSE ACTION[/]" if result.false_action else "[red]wrong[/]"
    console.print(f"{mark:<12} {case.say}  [dim]{_calls(result.called) or result.answer or result.error}[/]")
    return result


def _same(called: Sequence[tuple[str, dict[str, Any]]], expected: Sequence[tuple[str, dict[str, Any]]]) -> bool:
    return len(called) == len(expected) and all(
        name == wanted and all(k in given and _equal(given[k], v) for k, v in arguments.items())
        for (name, given), (wanted, arguments) in zip(called, expected, strict=True)
    )


def _equal(given: Any, wanted: Any) -> bool:
    if isinstance(wanted, (int, float)) and isinstance(given, (int, float)):
        return abs(given - wanted) <= _TOLERANCE
    return str(given).lower() == str(wanted).lower()


def _calls(calls: Sequence[tuple[str, dict[str, Any]]]) -> str:
    return ", ".join(f"{n}({', '.join(f'{k}={v}' for k, v in a.items())})" for n, a in calls)


def _show(results: Sequence[Result], options: argparse.Namespace, console: Console) -> None:
    table = Table(title=f"{options.engine} {options.model}", title_justify="left")
    for column in ("kind", "cases", "correct", "false actions", "by phrase", "median s"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    groups = {k: [r for r in results if r.kind == k] for k in dict.fromkeys(r.kind for r in results)}
    if len(groups) == 1:
        groups = {}
    for kind, group in [*groups.items(), ("all", list(results))]:
        s = summary(group)
        phrases = sum(r.by == "phrase" for r in group)
        median = "-" if s["seconds_p50"] is None else f"{s['seconds_p50']:.2f}"
        table.add_row(kind or "-", str(s["n"]), str(s["correct"]), str(s["false_actions"]), str(phrases), median)
    console.print(table)


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """n, correct, false_actions (moved though nothing was asked), seconds_p50 (utterance to first reaction)."""
    seconds = [r.seconds for r in results if not math.isnan(r.seconds)]
    return {
        "n": len(results),
        "correct": sum(r.correct for r in results),
        "false_actions": sum(r.false_action for r in results),
        "seconds_p50": round(statistics.median(seconds), 3) if seconds else None,
    }


def _write(results: Sequence[Result], options: argparse.Namespace) -> None:
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    by_model = [r for r in results if r.by == "model"]
    data = {
        **summary(results),
        "engine": options.engine,
        "model": options.model,
        "by_model_alone": summary(by_model),
        "cases": str(options.cases),
    }
    (folder / "summary.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    details = [{**asdict(r), "seconds": None if math.isnan(r.seconds) else round(r.seconds, 3)} for r in results]
    (folder / "details.json").write_text(json.dumps(details, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
