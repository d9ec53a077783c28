"""`recordings`: what `record:=true` has kept on this machine, and `--recover` for files whose writer was killed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from voice_pipeline.commands._arguments import Parser
from voice_pipeline.commands._values import existing_file
from voice_pipeline.errors import VoiceError
from voice_pipeline.recording.folder import recordings, resolve
from voice_pipeline.recording.reader import BagReader
from voice_pipeline.recording.recover import recover

NS, MB = 1_000_000_000, 1_000_000


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 listed, 2 a file cannot be read or recovered."""
    parser = Parser(prog="recordings", description=__doc__)
    parser.add_argument("files", nargs="*", type=existing_file, help="default: all of the recorder's default folder")
    parser.add_argument("--recover", action="store_true", help="finish those that were cut off (not one in progress!)")
    options = parser.parse_args(args)
    folder = resolve("")
    console = Console(highlight=False)
    table = Table("file", "MB", "minutes", "messages", "transcripts", "", title=str(folder), title_justify="left")
    try:
        for path in options.files or recordings(folder):
            table.add_row(*_row(path, options.recover))
    except (VoiceError, OSError) as error:
        print(f"recordings: {error}", file=sys.stderr)
        return 2
    if table.row_count:
        console.print(table)
    else:
        console.print(f"{folder} holds no recordings; `record:=true` (or --record) keeps one.", soft_wrap=True)
    return 0


def _row(path: Path, mend: bool) -> list[str]:
    reader = BagReader(path)
    first = last = count = words = 0
    for m in reader:
        first = first or m.log_ns
        last = m.log_ns
        count += 1
        words += m.topic.endswith("/transcript")
    note = "" if reader.complete else "cut off: --recover finishes it"
    if mend and not reader.complete:
        note = f"recovered: {recover(path)} messages"
    size = path.stat().st_size / MB
    return [path.name, f"{size:.1f}", f"{(last - first) / NS / 60:.1f}", str(count), str(words), note]


if __name__ == "__main__":
    sys.exit(main())
