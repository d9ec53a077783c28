"""Frames between a node and the process that synthesises for it: JSON head, raw PCM body, over a pipe."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

_SIZES = struct.Struct("<II")  # bytes of the head, bytes of the body
_MAX_BYTES = 64 << 20  # a frame above this is no frame of ours: something else wrote into the pipe


def write_frame(pipe: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    """Send one frame and flush. Raises OSError when the other end is gone."""
    text = json.dumps(head, separators=(",", ":")).encode()
    pipe.write(_SIZES.pack(len(text), len(body)) + text + body)
    pipe.flush()


def read_frame(pipe: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next frame; None at the end of the pipe (the other end is gone, in the middle of a frame or between two).

    Raises:
        ValueError: what arrived is no frame.
    """
    sizes = pipe.read(_SIZES.size)
    if len(sizes) < _SIZES.size:
        return None
    head_bytes, body_bytes = _SIZES.unpack(sizes)
    if head_bytes + body_bytes > _MAX_BYTES:
        raise ValueError(f"a frame of {head_bytes + body_bytes} bytes")
    text = pipe.read(head_bytes)
    body = pipe.read(body_bytes)
    if len(text) < head_bytes or len(body) < body_bytes:
        return None
    head = json.loads(text)
    if not isinstance(head, dict):
        raise ValueError(f"a frame whose head is no object: {head!r}")  # noqa: TRY004 - wrong bytes, not a wrong call
    return head, body
