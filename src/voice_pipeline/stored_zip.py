"""Writes an uncompressed ZIP archive whose bytes depend on nothing but its contents.

Apart because zipfile's own output differs between Python 3.10 and 3.11, and a model archive is known by its SHA-256.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

_DATE = 0x0021  # 1980-01-01, the earliest a ZIP can say
_VERSION = 45  # ZIP64: what numpy.savez writes since Python 3.11
_MODE = 0o600 << 16


def write_stored_zip(out: BinaryIO, entries: Iterable[tuple[str, bytes]]) -> None:
    """Write the entries (name, contents below 4 GiB) in order, byte for byte as numpy.savez does on Python 3.11+."""
    directory = b""
    count = 0
    for name, body in entries:
        offset = out.tell()
        raw, crc, size = name.encode(), zlib.crc32(body), len(body)
        # The sizes stand in a ZIP64 extra field, as for a stream of unknown length.
        extra = struct.pack("<HHQQ", 1, 16, size, size)
        head = struct.pack("<HHHHH", _VERSION, 0, 0, 0, _DATE)
        out.write(
            b"PK\x03\x04" + head + struct.pack("<LLLHH", crc, 2**32 - 1, 2**32 - 1, len(raw), len(extra)) + raw + extra
        )
        out.write(body)
        made_by = struct.pack("<BB", _VERSION, 3)
        sizes = struct.pack("<LLLHHHHHLL", crc, size, size, len(raw), 0, 0, 0, 0, _MODE, offset)
        directory += b"PK\x01\x02" + made_by + head + sizes + raw
        count += 1
    start = out.tell()
    out.write(directory)
    out.write(b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), start, 0))
