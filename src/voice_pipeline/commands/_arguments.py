"""Arguments that several commands take: NODE.PARAMETER=VALUE, and whether to keep a recording."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import yaml

from voice_pipeline.errors import VoiceError


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
        metavar="FOLDER",
        help="keep what is said and played, sound included, in an MCAP file on this machine "
        "(default folder: ~/.local/share/voice_pipeline/recordings). Without it nothing is kept",
    )


def parse_settings(settings: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Node -> parameter -> value.

    Raises:
        VoiceError: one is not of the form node.parameter=value.
    """
    result: dict[str, dict[str, Any]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        node, dot, parameter = name.partition(".")
        if not (equals and dot):
            raise VoiceError(f"--set {setting} is not understood.", "Write --set node.parameter=value.")
        result.setdefault(node, {})[parameter] = yaml.safe_load(value)
    return result
