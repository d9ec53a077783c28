"""Finishes a recording whose writer was killed, so that every program reads it; what `mcap recover` does."""

from __future__ import annotations

import os
from pathlib import Path

from voice_pipeline.recording.bag_file import BagFile
from voice_pipeline.recording.reader import BagReader


def recover(path: Path, compression: str = "zstd") -> int:
    """Write the file anew with an index, in its place; returns how many messages it holds.

    Raises:
        VoiceError: it is not MCAP.
        OSError: there is no room for the copy.
    """
    copy = path.with_name(path.name + ".recovering")
    copy.unlink(missing_ok=True)
    file = BagFile(copy, compression)
    try:
        for m in BagReader(path):
            file.add(m.topic, m.type_name, m.log_ns, m.publish_ns, m.data, m.definition)
        file.close()
    except BaseException:
        file.abandon()
        copy.unlink(missing_ok=True)
        raise
    os.replace(copy, path)
    return file.messages
