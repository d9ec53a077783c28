"""`models`: fetch and check the weight files. The only code that downloads a model, and only when a person asks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from voice_pipeline.commands._arguments import Parser
from voice_pipeline.errors import VoiceError
from voice_pipeline.model_fetch import exclusive, fetch, tidy, verify
from voice_pipeline.model_list import Model, ModelFile, ModelList
from voice_pipeline.model_store import store_root


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 all there, 1 something could not be fetched or is damaged, 2 wrong usage."""
    parser = Parser(prog="models", description="Fetch model files and check their SHA-256.")
    parser.add_argument(
        "names", nargs="*", default=["demo"], help="models or sets (demo, test, desktop, all); default demo"
    )
    parser.add_argument(
        "--list", action="store_true", help="show size, licence, source and what is here; fetch nothing"
    )
    parser.add_argument("--verify", action="store_true", help="read every file again and compare its SHA-256")
    parser.add_argument("--offline", action="store_true", help="fail instead of downloading")
    options = parser.parse_args(args)
    console = Console(highlight=False, soft_wrap=True)
    try:
        models = ModelList()
        if options.list:
            _show(models.choose(options.names if options.names != ["demo"] else ["all"]), console)
            return 0
        chosen = models.choose(options.names)
    except VoiceError as error:
        print(f"models: {error}", file=sys.stderr)
        return 2
    try:
        with exclusive():
            _fetch_all(chosen, console, options.offline)
            if options.verify:
                for file in (f for m in chosen for f in m.files):
                    verify(file)
                    console.print(f"  {file.model}/{file.name}: SHA-256 as listed")
    except VoiceError as error:
        print(f"models: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nmodels: interrupted; the next run goes on from here.", file=sys.stderr)
        return 130
    return 0


def _show(models: Sequence[Model], console: Console) -> None:
    table = Table(title=f"Models (store: {store_root()})", title_justify="left")
    for column in ("name", "what", "size", "licence", "here", "source"):
        table.add_column(column, justify="right" if column == "size" else "left", overflow="fold")
    for m in models:
        table.add_row(m.name, m.about, f"{m.size / 1e6:.0f} MB", m.licence, "yes" if m.present else "no", m.source)
    console.print(table)


def _fetch_all(models: Sequence[Model], console: Console, offline: bool) -> None:
    missing = [f for m in models for f in m.files if not f.present]
    if not missing:
        console.print(f"models: all {len(models)} are here ({', '.join(m.name for m in models)})")
        return
    total = sum(f.size for f in missing)
    console.print(f"models: fetching {total / 1e6:.0f} MB into {store_root()}")
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console) as bars:
            for file in missing:
                task = bars.add_task(f"  {file.model}/{file.name}", total=file.size)
                fetch(file, _bar(bars, task, file), offline=offline)
                bars.update(task, completed=file.size)
    else:
        for file in missing:
            fetch(file, _lines(file, console), offline=offline)
            console.print(f"  {file.model}/{file.name}: {file.size / 1e6:.1f} MB, SHA-256 as listed")
    for model in models:
        tidy(model.name)


def _bar(bars: Progress, task: TaskID, file: ModelFile) -> Callable[[float], None]:
    return lambda done: bars.update(task, completed=done * file.size)


def _lines(file: ModelFile, console: Console) -> Callable[[float], None]:
    """Progress for logs: a line at most every 3 s."""
    last = time.monotonic()

    def report(done: float) -> None:
        nonlocal last
        if time.monotonic() - last > 3.0:
            last = time.monotonic()
            console.print(f"  {file.model}/{file.name}: {100 * done:.0f} % of {file.size / 1e6:.0f} MB")

    return report


if __name__ == "__main__":
    sys.exit(main())
