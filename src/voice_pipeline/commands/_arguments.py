"""The parser of every command, and arguments that several take: NODE.PARAMETER=VALUE, and whether to keep a recording."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

import yaml

from voice_pipeline.bringup.plan import NO, YES
from voice_pipeline.bringup.profile import NODES
from voice_pipeline.commands._values import output_folder
from voice_pipeline.errors import VoiceError
from voice_pipeline.suggestions import did_you_mean

_T = TypeVar("_T")


class Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line, without the usage above it, which is longer than a screen; exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message.rstrip('.')}. See {self.prog} --help.\n")


def told(parser: argparse.ArgumentParser, read: Callable[[], _T]) -> _T:
    """What was typed, understood; what is wrong with it is wrong usage."""
    try:
        return read()
    except VoiceError as error:
        parser.error(str(error))


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--set`, to be read with parse_settings(options.set)."""
    parser.add_argument(
        "--set", action="append", default=[], metavar="NODE.PARAMETER=VALUE", help="as YAML; may be repeated"
    )


def add_record(parser: argparse.ArgumentParser) -> None:
    """`--record` alone or with a folder; the value is what make_plan's `record` takes."""
    parser.add_argument(
        "--record",
        nargs="?",
        const="true",
        default="",
        type=_record,
        metavar="FOLDER",
        help="keep what is said and played, sound included, in an MCAP file on this machine "
        "(default folder: ~/.local/share/voice_pipeline/recordings). Without it nothing is kept",
    )


def _record(text: str) -> str:
    if text and text.lower() not in (*YES, *NO):
        output_folder(text)
    return text


def parse_settings(settings: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Node -> parameter -> value.

    Raises:
        VoiceError: one is not of the form node.parameter=value, its value no YAML, or there is no such node.
    """
    result: dict[str, dict[str, Any]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        node, dot, parameter = name.partition(".")
        if not (equals and dot and node and parameter):
            raise VoiceError(f"--set {setting} is not understood.", "Write --set node.parameter=value.")
        if node not in (*NODES, "supervisor"):
            hint = did_you_mean(node, NODES)
            raise VoiceError(f"--set {setting}: there is no node '{node}'.", f"Nodes are: {', '.join(NODES)}.{hint}")
        try:
            result.setdefault(node, {})[parameter] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise VoiceError(f"--set {setting}: the value is no YAML.", "Quote it.") from None
    return result
