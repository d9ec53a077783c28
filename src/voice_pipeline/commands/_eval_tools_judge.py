"""Judges one case of `eval_tools`: what was called and what arrived, against what people would have wanted."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from voice_pipeline.commands._eval_tools_cases import Case, Wanted
from voice_pipeline.commands._eval_tools_robot import Arrival
from voice_pipeline.dialogue.tools import ValidCall

# right; something moved or changed that nobody asked for; the right tool with wrong arguments or order, or not all of it;
# nothing though asked; called, but the robot got something else; the model failed; no rule knew it (only without a model)
Verdict = Literal["right", "false action", "wrong", "missed", "not delivered", "no answer", "no rule"]
VERDICTS: tuple[Verdict, ...] = ("right", "false action", "wrong", "missed", "not delivered", "no answer", "no rule")

_TOLERANCE = 0.5  # of an argument that was asked for, in its own unit
_RECEIVED_TOLERANCE = 0.005  # of a field that the robot got: 0.3 degrees, half a percent of the volume
_NOTHING = "do_nothing"  # the tool that says so
_CHANGE = ("remember", "forget")  # local tools that leave something changed behind


@dataclass
class Result:
    """What happened. seconds: until the first tool call went out or the first clause was ready."""

    say: str
    kind: str
    language: str
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    received: list[str] | None = None  # what arrived at the mock robot; None: there was none
    refused: list[str] = field(default_factory=list)
    answer: str = ""
    by: Literal["rules", "model", "none"] = "model"
    seconds: float = math.nan
    verdict: Verdict = "right"
    error: str = ""
    command: bool = True  # something had to be done


def judge(
    case: Case, calls: Sequence[ValidCall], arrived: Sequence[Arrival] | None, error: str, rules_only: bool
) -> Verdict:
    """The verdict, the worst first: a false action counts as one whatever else was right."""
    acts = [c for c in calls if c.tool.name != _NOTHING]
    moved = Counter(c.tool.name for c in acts if c.tool.kind != "local" or c.tool.name in _CHANGE)
    remote = sum(c.tool.kind != "local" for c in acts)
    extra = min((moved - Counter(w.tool for w in outcome)).total() for outcome in case.outcomes)
    if extra or (arrived is not None and len(arrived) > remote):
        return "false action"
    fits = [o for o in case.outcomes if _same(acts, o)]
    if error and not (rules_only and case.may_do_nothing):
        return "no rule" if rules_only else "no answer"
    if not fits:
        return "wrong" if acts else "missed"
    if arrived is not None and not any(_delivered(acts, o, arrived) for o in fits):
        return "not delivered"
    return "right"


def _same(calls: Sequence[ValidCall], wanted: Sequence[Wanted]) -> bool:
    return len(calls) == len(wanted) and all(
        call.tool.name == w.tool
        and all(k in call.arguments and _equal(call.arguments[k], v, _TOLERANCE) for k, v in w.arguments.items())
        for call, w in zip(calls, wanted, strict=True)
    )


def _delivered(calls: Sequence[ValidCall], wanted: Sequence[Wanted], arrived: Sequence[Arrival]) -> bool:
    """Each call arrived once, in order, with the fields that its arguments stand for and those that the case names."""
    remote = [(c, w) for c, w in zip(calls, wanted, strict=True) if c.tool.kind != "local"]
    return len(remote) == len(arrived) and all(
        a.target == c.tool.target
        and _holds(a.message, c.tool.message_fields(c.arguments))
        and _holds(a.message, w.received)
        for (c, w), a in zip(remote, arrived, strict=True)
    )


def _holds(message: Any, fields: Mapping[str, Any]) -> bool:
    for name, value in fields.items():
        current = message
        for step in name.split("."):
            current = getattr(current, step)
        if not _equal(current, value, _RECEIVED_TOLERANCE):
            return False
    return True


def _equal(given: Any, wanted: Any, tolerance: float) -> bool:
    if isinstance(wanted, bool) or isinstance(given, bool):
        return bool(given) == bool(wanted)
    if isinstance(wanted, (int, float)) and isinstance(given, (int, float)):
        return abs(given - wanted) <= tolerance
    return str(given).lower() == str(wanted).lower()


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """Counts, false actions first; commands: cases in which something had to be done; seconds to the first reaction."""
    seconds = sorted(r.seconds for r in results if not math.isnan(r.seconds))
    counts = Counter(r.verdict for r in results)
    commands = [r for r in results if r.command]
    return {
        "false_actions": counts["false action"],
        "n": len(results),
        "correct": counts["right"],
        "commands": {"n": len(commands), "correct": sum(r.verdict == "right" for r in commands)},
        **{v.replace(" ", "_"): counts[v] for v in VERDICTS[2:]},
        "seconds_p50": round(statistics.median(seconds), 4) if seconds else None,
        "seconds_p95": round(seconds[math.ceil(0.95 * len(seconds)) - 1], 4) if seconds else None,
    }
