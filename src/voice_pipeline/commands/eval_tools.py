"""`eval_tools`: what the robot would do on a list of utterances, with the real model and tools and mock servers."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from voice_pipeline.commands._arguments import Parser
from voice_pipeline.commands._eval_tools_cases import Case, read_cases
from voice_pipeline.commands._eval_tools_judge import Result, judge
from voice_pipeline.commands._eval_tools_report import mark, show, write
from voice_pipeline.commands._eval_tools_robot import MockRobot, NoRobot, Robot
from voice_pipeline.commands._values import (
    checked,
    existing_folder,
    language,
    number,
    output_folder,
    server,
    some,
    whole,
)
from voice_pipeline.dialogue import ENGINES, ModelSettings, create
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.facts import Facts
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.personas import find_persona
from voice_pipeline.dialogue.phrase_files import load_shipped
from voice_pipeline.dialogue.protocol import Delta, GenerateOptions, LanguageModel, ModelTimeout, ModelUnavailable
from voice_pipeline.dialogue.tools import ValidCall
from voice_pipeline.dialogue.tools_file import ToolFile, load
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource
from voice_pipeline.ros.introspect import RosInterfaces

_CASES = "test/data/tool_cases_report.yaml"


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 measured, 1 the model is not available, 2 wrong usage or file, 130 Ctrl-C."""
    options = _options(args)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    try:
        cases = read_cases(resource(options.cases))
        file = load(resource(options.tools), RosInterfaces())
        model = _NoModel() if options.rules_only else _model(options)
        with tempfile.TemporaryDirectory() as folder:
            facts = Facts(Path(folder) / "facts.md")
            robot: Robot = NoRobot(facts) if options.no_ros else MockRobot(file.tools, facts)
            mind = _mind(options, file, model, robot, facts)
            results = _measure(cases, mind, robot, options, console)
    except (ModelUnavailable, ModelTimeout) as error:
        print(f"eval-tools: {error}", file=sys.stderr)
        return 1
    except VoiceError as error:
        print(f"eval-tools: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\neval-tools: interrupted.", file=sys.stderr)
        return 130
    what = "rules only" if options.rules_only else f"{options.engine} {options.model}"
    show(results, f"{what}, {Path(options.cases).name}{', without ROS' if options.no_ros else ''}", console)
    about = {"engine": "none" if options.rules_only else options.engine, "model": what.split(" ", 1)[-1]}
    about.update(cases=str(options.cases), ros=not options.no_ros, phrases=not options.no_phrases)
    try:
        write(results, about, options.out)
    except OSError as error:
        print(f"eval-tools: cannot write into {options.out}: {error.strerror}. Name another --out.", file=sys.stderr)
        return 2
    return 0


class _NoModel:
    """In the place of a model whose server is dead: whatever no rule knows fails as it would then."""

    native_tools = False

    def prepare(self) -> None:
        raise ModelUnavailable("there is no model (--rules-only).", "Leave the option out.")

    def warm_up(self, *_: Any) -> None: ...

    def read_ahead(self, *_: Any) -> None: ...

    def stream(self, *_: Any) -> Iterator[Delta]:
        self.prepare()
        yield from ()

    def close(self) -> None: ...


class _Stopwatch:
    """Listener that notes when the first thing happened."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.first = math.nan
        self.refusals: list[str] = []
        self.requests = 0

    def request(self) -> None:
        self.requests += 1

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
    parser = Parser(
        prog="eval_tools",
        description="Run utterances through the rules, the language model and the tools, with mock servers in the "
        "robot's place. False actions come first: something moved or changed that nobody asked for.",
    )
    parser.add_argument("--cases", default=_CASES, help=f"YAML or JSON Lines; its form: {_CASES}")
    parser.add_argument("--engine", default="llama_cpp", choices=sorted(ENGINES))
    parser.add_argument(
        "--model",
        type=some("a model"),
        default=ModelSettings.model,
        help="model id or path (llama_cpp), name (a server)",
    )
    parser.add_argument("--host", type=server, default=ModelSettings.host, help="of the server (ollama, openai)")
    parser.add_argument("--threads", type=whole(0, 256), default=0, help="0: one less than the cores")
    parser.add_argument("--gpu-layers", type=whole(0, 1000), default=0, help="of llama_cpp")
    parser.add_argument("--max-tokens", type=whole(8, 2048), default=80, help="of an answer; 80 as in config/demo.yaml")
    parser.add_argument("--timeout", type=number(0.5), default=60.0, help="seconds to the first word of an answer")
    parser.add_argument("--tools", default="config/tools.yaml")
    parser.add_argument(
        "--phrases", type=checked(_folder), default="config/phrases", help="folder of phrase files; empty: none"
    )
    parser.add_argument("--persona", type=some("a persona"), default="reachy")
    parser.add_argument("--language", type=language, default="en", help="of the profile; each case has its own")
    paths = parser.add_mutually_exclusive_group()
    paths.add_argument("--rules-only", action="store_true", help="no model at all, as when its server is dead")
    paths.add_argument("--no-phrases", action="store_true", help="the model decides everything")
    parser.add_argument("--no-ros", action="store_true", help="no mock servers: judge the calls alone")
    parser.add_argument("--all", action="store_true", help="a line for the right cases too")
    parser.add_argument(
        "--out", type=output_folder, default="build/eval-tools", help="folder for summary.json and details.json"
    )
    return parser.parse_args(args)


def _folder(text: str) -> None:
    if text:
        existing_folder(str(resource(text)))


def _model(options: argparse.Namespace) -> LanguageModel:
    settings = ModelSettings(
        engine=options.engine,
        model=options.model,
        host=options.host,
        threads=options.threads,
        gpu_layers=options.gpu_layers,
        first_token_timeout_s=options.timeout,
    )
    return create(settings)


def _mind(options: argparse.Namespace, file: ToolFile, model: LanguageModel, robot: Robot, facts: Facts) -> Assembled:
    return Assembled(
        model,
        file,
        find_persona(options.persona, file),
        robot,
        MindSettings(
            options=GenerateOptions(max_tokens=options.max_tokens),
            language=options.language,
            use_phrases=not options.no_phrases,
        ),
        calls_per_minute=1_000_000,
        facts=facts,
        phrases=load_shipped(options.phrases, options.tools, file),
    )


def _measure(
    cases: Sequence[Case], mind: Assembled, robot: Robot, options: argparse.Namespace, console: Console
) -> list[Result]:
    try:
        with robot:
            if not options.rules_only:
                with console.status("loading the model") if console.is_terminal else nullcontext():
                    mind.warm_up()
            return _run_all(cases, mind, robot, options, console)
    finally:
        mind.model.close()


def _run_all(
    cases: Sequence[Case], mind: Assembled, robot: Robot, options: argparse.Namespace, console: Console
) -> list[Result]:
    results = []
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("cases", total=len(cases))
        for case in cases:
            results.append(_run(case, mind, robot, options.rules_only))
            if options.all or results[-1].verdict != "right":
                progress.console.print(mark(results[-1]))
            progress.advance(task)
    return results


def _run(case: Case, mind: Assembled, robot: Robot, rules_only: bool) -> Result:
    watch = _Stopwatch()
    result = Result(case.say, case.kind, case.language, command=not case.may_do_nothing)
    try:
        answer = mind.answer(case.say, threading.Event(), watch, language=case.language)
        result.answer = " ".join(answer.clauses)
        result.by = "rules" if not watch.requests else "model"
    except VoiceError as error:
        result.error = str(error)
        result.by = "none" if rules_only else "model"
    calls, arrived = robot.take()
    result.seconds = watch.first
    result.refused = watch.refusals
    result.called = [(c.tool.name, c.arguments) for c in calls]
    result.received = None if arrived is None else [f"{a.target}: {a.message}" for a in arrived]
    result.verdict = judge(case, calls, arrived, result.error, rules_only)
    return result


if __name__ == "__main__":
    sys.exit(main())
