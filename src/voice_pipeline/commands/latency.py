"""`latency`: where the time of each turn goes, drawn while you talk, and a report with pictures at the end."""

from __future__ import annotations

import argparse
import queue
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from voice_pipeline.commands._arguments import Parser, told
from voice_pipeline.commands._latency_report import missing_library, write_report
from voice_pipeline.commands._latency_traces import Trace, load, save, statistics_of
from voice_pipeline.commands._latency_view import View, summary
from voice_pipeline.commands._values import existing_file, namespace, output_folder, whole
from voice_pipeline.errors import VoiceError

_LOOK_S = 1.0  # how often to look whether somebody publishes, while nothing comes


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 ended by --turns or Ctrl-C with what was asked for written; 1 no turn came, or the report could not
    be written; 2 wrong usage."""
    parser = _parser()
    options = parser.parse_args(_own_arguments() if args is None else args)
    traces: list[Trace] = []
    try:
        if options.recorded:
            traces = told(parser, lambda: load(options.recorded))
            with View(window=len(traces)) as view:
                for trace in traces:
                    view.show(trace)
        else:
            _listen(options, traces)
        if not traces:
            raise VoiceError("no turn came, there is nothing to report.", "Talk to the robot while this runs.")
        if not sys.stdout.isatty():
            print(summary(statistics_of(traces)), flush=True)
        if options.report:
            _write(options, traces)
    except VoiceError as error:
        print(f"latency: {error}", file=sys.stderr)
        return 1
    return 0


def _own_arguments() -> list[str]:
    """What was typed, without what is meant for ROS."""
    if "--ros-args" not in sys.argv:
        return sys.argv[1:]
    from rclpy.utilities import remove_ros_args  # a report from a file needs no ROS

    return list(remove_ros_args(sys.argv)[1:])


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="latency", description=__doc__, epilog="Ctrl-C ends it and writes the report.")
    parser.add_argument("--turns", type=whole(1), default=0, metavar="N", help="end after N turns (default: Ctrl-C)")
    parser.add_argument(
        "--report",
        type=output_folder,
        default="build/latency",
        metavar="DIR",
        help="where report.html, the pictures as .svg and turns.json go (default %(default)s)",
    )
    parser.add_argument("--no-report", dest="report", action="store_const", const=None, help="write nothing")
    parser.add_argument(
        "--from",
        dest="recorded",
        type=existing_file,
        metavar="TURNS.JSON",
        help="turns recorded before, by this command or by `make demo`; needs no ROS",
    )
    parser.add_argument("--namespace", type=namespace, default="", help="of the robot")
    return parser


def _listen(options: argparse.Namespace, traces: list[Trace]) -> None:
    """Fill `traces` until enough have come or somebody ends it."""
    from voice_pipeline.commands._latency_listen import Listener  # a report from a file needs no ROS

    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell has the command ignore Ctrl-C
        signal.signal(number, _end)
    if options.report and (why := missing_library()):
        print(f"latency: there will be no pictures: {why}", file=sys.stderr, flush=True)
    try:
        with Listener(options.namespace) as listener, View() as view:
            view.status(f"listening on {listener.topic}; Ctrl-C ends")
            while not options.turns or len(traces) < options.turns:
                try:
                    traces.append(listener.traces.get(timeout=_LOOK_S))
                except queue.Empty:
                    if view.console.is_terminal and not traces:
                        nobody = "" if listener.publishers() else " (nobody publishes it yet)"
                        view.status(f"listening on {listener.topic}{nobody}; Ctrl-C ends")
                    continue
                view.show(traces[-1])
            _ignore_signals()
    except KeyboardInterrupt:
        pass


def _end(*_: Any) -> NoReturn:
    # `ros2 run` and `ros2 launch` pass on the Ctrl-C that the terminal has sent already: the second must not cut the report.
    _ignore_signals()
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _write(options: argparse.Namespace, traces: Sequence[Trace]) -> None:
    """The turns first: what was seen is kept whatever becomes of the pictures."""
    try:
        options.report.mkdir(parents=True, exist_ok=True)
        save(options.report / "turns.json", traces)
        page = write_report(options.report, traces)
    except OSError as error:
        raise VoiceError(
            f"cannot write {error.filename or options.report}: {error.strerror}.", "Name another folder: --report DIR."
        ) from None
    print(f"report of {len(traces)} turn{'' if len(traces) == 1 else 's'}: {page}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
