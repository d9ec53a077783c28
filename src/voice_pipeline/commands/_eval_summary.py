"""The figures of an evaluation, from its results; no ROS and no files in here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from voice_pipeline.commands._audio_folder import NOTHING, WORDS
from voice_pipeline.commands._eval_result import Result
from voice_pipeline.commands._eval_words import BY_CHARACTER, rate

_DRAWS = 10_000


def summarise(results: Sequence[Result]) -> dict[str, Any]:
    """Error rates over all recordings with words, what was heard where there were none, and how soon.

    Rates are shares of 1; the keys with `whole_files` are the baseline: the same engine on each whole file.
    """
    spoken = [r for r in results if r.speech == WORDS]
    silent = [r for r in results if r.speech == NOTHING]
    return {
        "files": len(results),
        "wer": _rate(spoken, "heard", by_character=False),
        "wer_whole_files": _rate(spoken, "whole", by_character=False),
        "wer_difference": difference([r for r in spoken if r.language not in BY_CHARACTER]),
        "cer": _rate(spoken, "heard", by_character=True),
        "cer_whole_files": _rate(spoken, "whole", by_character=True),
        "spoken_files": len(spoken),
        "silent_files": len(silent),
        "missed_utterances": sum(1 for r in spoken if not r.heard),
        "not_detected": sum(1 for r in spoken if not r.spans),
        "split_utterances": sum(1 for r in spoken if len(r.spans) > 1),
        "false_starts": sum(r.false_starts for r in results),
        "false_utterances": sum(1 for r in silent if r.heard),
        "words_on_noise": sum(len(r.heard.split()) for r in silent),
        "words_on_noise_whole_files": sum(len(r.whole.split()) for r in silent),
        "rejected": dict(Counter(by or "?" for r in results for by in r.rejected_by)),
        "rejected_with_words": sum(len(r.rejected) for r in spoken),
        "start_error_ms": spread([r.start_error_ms for r in spoken]),
        "end_error_ms": spread([r.end_error_ms for r in spoken]),
        "latency_ms": spread([ms for r in results for ms in r.latency_ms]),
        "whole_file_ms": spread([r.whole_ms for r in results]),
        "by_category": groups(spoken, lambda r: r.category),
        "by_condition": groups(spoken, lambda r: r.condition),
        "by_language": groups(spoken, lambda r: r.language),
        "detection": detection(results),
    }


def groups(results: Sequence[Result], name: Callable[[Result], str]) -> dict[str, dict[str, Any]]:
    """The error rates of each group, pipeline and baseline side by side; results without a name are left out."""
    found = {}
    for key in sorted({name(r) for r in results} - {""}):
        rows = [r for r in results if name(r) == key]
        found[key] = {
            "files": len(rows),
            "unit": "characters" if all(r.language in BY_CHARACTER for r in rows) else "words",
            "rate": rate(r.errors() for r in rows),
            "rate_whole_files": _baseline(rows),
            "missed": sum(1 for r in rows if not r.heard),
        }
    return found


def difference(results: Sequence[Result]) -> dict[str, float] | None:
    """By how much more of the words the pipeline gets wrong than the same engine on whole files, with the interval that
    95 % of 10,000 draws of as many recordings fall into (a paired bootstrap, Bisani and Ney 2004): one that holds 0 is a
    difference that these recordings cannot show. Shares of 1; None without a baseline."""
    rows = [(r.errors(), r.errors("whole")[0]) for r in results if r.whole_ms is not None]
    words = np.array([units for (_, units), _ in rows], float)
    if not words.sum():
        return None
    more = np.array([wrong - whole for (wrong, _), whole in rows], float)
    draws = np.random.default_rng(0).integers(0, len(rows), (_DRAWS, len(rows)))
    low, high = np.percentile(more[draws].sum(1) / np.maximum(1.0, words[draws].sum(1)), (2.5, 97.5))
    return {k: round(float(v), 4) for k, v in (("mean", more.sum() / words.sum()), ("low", low), ("high", high))}


def detection(results: Sequence[Result]) -> dict[str, float] | None:
    """Seconds of speech that were missed and found where there was none, over the recordings with turns."""
    rows = [d for d in (r.detection() for r in results) if d is not None]
    if not rows:
        return None
    total = {key: round(sum(d[key] for d in rows), 2) for key in rows[0]}
    return {"files": len(rows), **total}


def spread(values: Sequence[float | None]) -> dict[str, float] | None:
    """Count, median and 95th percentile; and of the sizes too, because early and late cancel in a median."""
    known = [v for v in values if v is not None]
    if not known:
        return None
    p50, p95 = np.percentile(known, (50, 95))
    size50, size95 = np.percentile(np.abs(known), (50, 95))
    numbers = {"p50": p50, "p95": p95, "abs_p50": size50, "abs_p95": size95}
    return {"n": len(known), **{key: round(float(value), 1) for key, value in numbers.items()}}


def _rate(results: Sequence[Result], which: str, by_character: bool) -> float | None:
    rows = [r for r in results if (r.language in BY_CHARACTER) is by_character]
    return _baseline(rows) if which == "whole" else rate(r.errors() for r in rows)


def _baseline(rows: Sequence[Result]) -> float | None:
    return rate(r.errors("whole") for r in rows if r.whole_ms is not None)
