"""`moves`: the gestures there are, whether a file of yours is one, and how it moves beside the robot's limits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rclpy.utilities import remove_ros_args

from voice_pipeline.commands._arguments import Parser, add_settings, parse_settings, told
from voice_pipeline.commands._moves_draw import KINDS, draw
from voice_pipeline.commands._moves_moments import FRAMES, Moments
from voice_pipeline.commands._moves_view import as_json, show_check, show_table
from voice_pipeline.commands._values import existing_file, existing_folder, number, output_file, output_folder
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.move_files import load_move, load_moves
from voice_pipeline.motion.moves import Move
from voice_pipeline.nodes._motion_parameters import PARAMETERS, limits_of
from voice_pipeline.resources import resource


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 a file is wrong, there is no such move, or a picture could not be made, 2 wrong usage."""
    parser = _parser()
    options = parser.parse_args(remove_ros_args(sys.argv)[1:] if args is None else args)
    asked = [options.plot, options.picture, options.check]
    if sum(bool(a) for a in asked) + options.all > 1:
        parser.error("--plot, --picture, --all and --check are one each time")
    if (options.at or options.frames) and not options.picture:
        parser.error("--at and --frames belong to --picture")
    try:
        limits, folders = told(parser, lambda: _settings(options))
        if options.check:
            return _check(options.check, limits)
        moves = _named(load_moves(folders, limits))
        if options.plot or options.picture or options.all:
            chosen = (
                list(moves.values())
                if options.all
                else told(parser, lambda: _choose(moves, options.plot or options.picture))
            )
            robot = Moments(options.frames or FRAMES, tuple(options.at or ())) if options.picture else None
            for file in draw(chosen, limits, options.out, options.format, robot):
                print(file, flush=True)
        elif options.json:
            print(as_json(moves.values(), limits))
        else:
            show_table(moves.values(), limits)
    except VoiceError as error:
        print(f"moves: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="moves", description=__doc__, epilog="docs/moves.md says how to write one. Limits are those of `motion`."
    )
    parser.add_argument("--plot", nargs="+", metavar="NAME", help="draw these against the limits")
    parser.add_argument("--all", action="store_true", help="draw all of them")
    parser.add_argument(
        "--picture",
        nargs="+",
        metavar="NAME",
        help="the robot at the extremes of these; a sketch where it cannot render",
    )
    moments = parser.add_mutually_exclusive_group()
    moments.add_argument("--at", nargs="+", type=_seconds, metavar="S", help="at these moments instead: 0.5 or 0.5s")
    moments.add_argument(
        "--frames", type=int, choices=range(1, 13), metavar="N", help=f"how many at most, 1 to 12 (default {FRAMES})"
    )
    parser.add_argument(
        "--check", nargs="+", type=existing_file, metavar="FILE", help="check .yaml or .json files; load no others"
    )
    parser.add_argument("--json", action="store_true", help="the list for programs")
    parser.add_argument(
        "--folder",
        action="append",
        type=existing_folder,
        default=[],
        metavar="DIR",
        help="of your own moves, besides ours; may be repeated",
    )
    parser.add_argument(
        "--out",
        type=_place,
        default="build/moves",
        metavar="PATH",
        help="folder, or file of one picture (%(default)s)",
    )
    parser.add_argument("--format", choices=KINDS, default="", help="default svg, and png for the robot's own model")
    add_settings(parser)
    return parser


def _seconds(text: str) -> float:
    return number(0.0, 3600.0)(text.removesuffix("s"))


def _place(text: str) -> Path:
    return (output_file if Path(text).suffix[1:] in KINDS else output_folder)(text)


def _settings(options: argparse.Namespace) -> tuple[Limits, list[Path]]:
    """The limits and folders that the motion node would have."""
    values: dict[str, Any] = {p.name: p.default for p in PARAMETERS}
    for node, settings in parse_settings(options.set).items():
        unknown = [k for k in settings if node != "motion" or k not in values]
        if unknown:
            raise VoiceError(f"--set {node}.{unknown[0]}: that is no parameter of motion.", "See docs/nodes.md.")
        values |= settings
    return limits_of(values), [*map(resource, values["moves_dirs"]), *options.folder]


def _check(files: Sequence[Path], limits: Limits) -> int:
    """All of them, each with its faults, so that a folder is corrected in one go."""
    wrong = 0
    for file in files:
        try:
            show_check(load_move(file, limits), limits)
        except VoiceError as error:
            print(f"moves: {error}", file=sys.stderr)
            wrong += 1
    return 1 if wrong else 0


def _named(moves: dict[str, Move]) -> dict[str, Move]:
    """Without the aliases, but found by them: see _choose."""
    return {name: moves[name] for name in sorted(moves) if moves[name].name == name}


def _choose(moves: dict[str, Move], names: Sequence[str]) -> list[Move]:
    by_alias = {alias: move for move in moves.values() for alias in move.about.aliases}
    unknown = [name for name in names if name not in moves and name not in by_alias]
    if unknown:
        raise VoiceError(f"There is no move '{unknown[0]}'.", f"There are: {', '.join(moves)}.")
    return [moves.get(name) or by_alias[name] for name in names]


if __name__ == "__main__":
    sys.exit(main())
