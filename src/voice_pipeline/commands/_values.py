"""What an option of a command may be: types for argparse that say in one line what is wrong and what would do."""

from __future__ import annotations

import errno
import math
import re
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from voice_pipeline.errors import VoiceError

DAY_S = 86_400.0  # s: nobody waits longer for anything here
_MOST = 2**31 - 1  # of a number that ROS or a model's runtime takes as 32 bits
_NAMESPACE = re.compile(r"/|/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*")  # of ROS; / is the robot's without one


def whole(least: int, most: int = _MOST) -> Callable[[str], int]:
    """A whole number in this range."""
    span = f"{least} or more" if most == _MOST else f"{least} to {most}"

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise ArgumentTypeError(f"'{text}' does not do. Give a whole number, {span}.")
        return value

    return read


def number(least: float, most: float = DAY_S) -> Callable[[str], float]:
    """A number in this range; neither NaN nor infinite."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise ArgumentTypeError(f"'{text}' does not do. Give a number from {least:g} to {most:g}.")
        return value

    return read


def port(text: str) -> int:
    """A TCP port."""
    return whole(1, 65535)(text)


def output_folder(text: str) -> Path:
    """A folder that can be written or made: looked at before hours are measured for it. Nothing is made yet."""
    path = _named(text, "folder")
    _can_write(path, "folder")
    return path


def output_file(text: str) -> Path:
    """A file that can be written or made. Nothing is made yet."""
    path = _named(text, "file")
    if path.is_dir():
        raise ArgumentTypeError(f"{path} is a folder. Name a file in it.")
    _can_write(path, "file")
    return path


def _can_write(path: Path, what: str) -> None:
    there = next(p for p in (path, *path.absolute().parents) if p.exists())
    try:
        if what == "file" and there == path:
            path.open("ab").close()
        else:
            tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        why = f"{there} is a file" if there.is_file() and error.errno == errno.ENOTDIR else error.strerror
        raise ArgumentTypeError(f"cannot write {path}: {why}. Name another {what}.") from None


def existing_file(text: str) -> Path:
    """A file that can be read."""
    path = _named(text, "file")
    if path.is_dir():
        raise ArgumentTypeError(f"{path} is a folder. Name a file.")
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise ArgumentTypeError(f"{path} cannot be read: {error.strerror}. Name a file that is there.") from None


def existing_folder(text: str) -> Path:
    """A folder that is there."""
    path = _named(text, "folder")
    if not path.is_dir():
        raise ArgumentTypeError(f"there is no folder {path}. Name one that is there.")
    return path


def existing_path(text: str) -> Path:
    """A file or a folder that is there."""
    path = _named(text, "file or folder")
    return path if path.is_dir() else existing_file(text)


def some(what: str) -> Callable[[str], str]:
    """Any text but an empty one."""

    def read(text: str) -> str:
        if not text.strip():
            raise ArgumentTypeError(f"it is empty. Give {what}, or leave the option out.")
        return text

    return read


def namespace(text: str) -> str:
    """A namespace of ROS; empty for none."""
    if text and not _NAMESPACE.fullmatch(text):
        raise ArgumentTypeError(f"'{text}' is no namespace. Use letters, digits and _, such as left or /house/left.")
    return text


def server(text: str) -> str:
    """The address of a model server."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or any(c.isspace() for c in text):
        raise ArgumentTypeError(f"'{text}' is no address. Give one such as http://127.0.0.1:11434.")
    return text


def language(text: str) -> str:
    """ISO 639-1."""
    if not re.fullmatch("[A-Za-z]{2}", text):
        raise ArgumentTypeError(f"'{text}' is no language. Give two letters, such as en.")
    return text.lower()


def checked(check: Callable[[str], object]) -> Callable[[str], str]:
    """Any text that `check` takes; the VoiceError of another is told."""

    def read(text: str) -> str:
        try:
            check(text)
        except VoiceError as error:
            raise ArgumentTypeError(str(error)) from None
        return text

    return read


def _named(text: str, what: str) -> Path:
    if not text.strip() or "\0" in text:
        raise ArgumentTypeError(f"it is empty. Name a {what}, or leave the option out.")
    return Path(text).expanduser()
