"""What `eval_tools` shows and writes: tables by path, kind and language, the false actions one by one, two JSON files."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from voice_pipeline.commands._eval_tools_judge import Result, summary

_BY: tuple[tuple[str, Callable[[Result], str]], ...] = (
    ("path", lambda r: r.by),
    ("kind", lambda r: r.kind or "-"),
    ("language", lambda r: r.language),
)


def report(results: Sequence[Result], about: Mapping[str, Any]) -> dict[str, Any]:
    """The whole summary.json: totals at the top, then the same figures by path, kind and language."""
    data = {**summary(results), **about}
    for name, key in _BY:
        data[f"by_{name}"] = {g: summary(rows) for g, rows in _groups(results, key).items()}
    data["false_action_list"] = [f"{r.say} -> {calls(r.called)}" for r in results if r.verdict == "false action"]
    return data


def write(results: Sequence[Result], about: Mapping[str, Any], folder: Path) -> None:
    """summary.json and details.json, one entry a case."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report(results, about), indent=2, ensure_ascii=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    details = [{**asdict(r), "seconds": None if math.isnan(r.seconds) else round(r.seconds, 4)} for r in results]
    (folder / "details.json").write_text(json.dumps(details, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def show(results: Sequence[Result], title: str, console: Console) -> None:
    """False actions first, then the table."""
    false = [r for r in results if r.verdict == "false action"]
    console.print(f"\n[bold]{len(false)} false actions[/] (something moved or changed that nobody asked for)")
    for r in false:
        console.print(f"  [red]{escape(r.say)}[/]  {escape(calls(r.called))}  [dim]by {r.by}[/]")
    table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1), pad_edge=False)
    table.add_column("", no_wrap=True)
    for column in ("n", "FALSE", "right", "%", "wrong", "missed", "other", "p50 s", "p95 s"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, key in _BY:
        groups = _groups(results, key)
        if len(groups) > 1:
            table.add_row(f"[dim]by {name}[/]")
            for group, rows in groups.items():
                table.add_row(group, *_row(rows))
            table.add_section()
    table.add_row("commands", *_row([r for r in results if r.command]))
    table.add_row("only talk", *_row([r for r in results if not r.command]))
    table.add_row("all", *_row(results), style="bold")
    console.print(table)


def mark(result: Result) -> str:
    """A line about one case, in rich's markup."""
    colour = {"right": "green", "false action": "bold red"}.get(result.verdict, "yellow")
    happened = calls(result.called) or result.answer or (result.error if result.verdict == "no answer" else "")
    return f"[{colour}]{result.verdict:<13}[/] {escape(result.say)}  [dim]{escape(happened)}[/]"


def calls(called: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """look(direction=left), stop()"""
    return ", ".join(f"{n}({', '.join(f'{k}={v}' for k, v in a.items())})" for n, a in called)


def _groups(results: Sequence[Result], key: Callable[[Result], str]) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return groups


def _row(rows: Sequence[Result]) -> list[str]:
    s = summary(rows)
    share = f"{100 * s['correct'] / s['n']:.0f}" if s["n"] else "-"
    other = s["not_delivered"] + s["no_answer"] + s["no_rule"]
    figures = [s["n"], s["false_actions"], s["correct"], share, s["wrong"], s["missed"], other]
    return [*map(str, figures), *("-" if s[k] is None else f"{s[k]:.3f}" for k in ("seconds_p50", "seconds_p95"))]
