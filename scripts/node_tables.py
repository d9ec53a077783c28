"""Prints docs/nodes.md: a table of parameters, topics, services and actions per node, read from the code itself."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

from voice_pipeline.bringup.profile import NODES
from voice_pipeline.ros.node import VoiceNode

SOURCE = Path(__file__).resolve().parent.parent / "src" / "voice_pipeline"
KINDS = {
    "create_publisher": "publishes",
    "create_subscription": "subscribes",
    "create_service": "serves",
    "create_client": "calls",
    "DeferredActionServer": "action",
    "ActionClient": "sends goals to",
}


def main() -> None:
    print(
        "# The nodes\n\nWritten from the code by `make docs`; do not edit. Names are relative: a `namespace` moves them all.\n"
    )
    print(
        "Every node also publishes its health on `/diagnostics` once a second, has the services of a managed (lifecycle) node,"
    )
    print("and takes `autostart` (default true: configure and activate by itself; the launch files set it to false).\n")
    for name in (*NODES, "supervisor"):
        module = importlib.import_module(f"voice_pipeline.nodes.{name}")
        node = next(
            c for c in vars(module).values() if isinstance(c, type) and issubclass(c, VoiceNode) and c is not VoiceNode
        )
        print(f"## {name}\n\n{(module.__doc__ or '').strip()}\n")
        interfaces(SOURCE / "nodes" / f"{name}.py")
        print("| parameter | default | unit, range | what it does |\n| --- | --- | --- | --- |")
        for p in node.PARAMETERS:
            limits = " · ".join(x for x in (p.unit, span(p), "live" if p.live else "") if x)
            print(f"| `{p.name}` | `{p.default!r}` | {limits} | {p.description.replace('|', '/')} |")
        print()


def span(p) -> str:
    if p.choices:
        return ", ".join(f"`{c}`" for c in p.choices)
    if p.minimum is None and p.maximum is None:
        return ""
    return f"{p.minimum if p.minimum is not None else ''}..{p.maximum if p.maximum is not None else ''}"


def interfaces(path: Path) -> None:
    rows = []
    for call in ast.walk(ast.parse(path.read_text())):
        if not isinstance(call, ast.Call):
            continue
        function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if function not in KINDS:
            continue
        texts = [a for a in call.args if isinstance(a, (ast.Constant, ast.JoinedStr))]
        types = [ast.unparse(a).split(".")[-1] for a in call.args if isinstance(a, (ast.Name, ast.Attribute))]
        types = [t for t in types if t[:1].isupper()]
        if texts and types:
            topic = ast.unparse(texts[0]).strip("f'\"").replace("{n}", "<node>")
            rows.append((KINDS[function], topic, types[0]))
    if rows:
        print("| | name | type |\n| --- | --- | --- |")
        for kind, topic, kind_type in dict.fromkeys(rows):
            print(f"| {kind} | `{topic}` | `{kind_type}` |")
        print()


if __name__ == "__main__":
    main()
