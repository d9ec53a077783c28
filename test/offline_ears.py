"""The ears without ROS: audio through segmenter and recogniser at full speed, and the word error rate of a folder.

`python test/offline_ears.py FOLDER` prints it beside that of the same engine on whole files.
"""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voice_pipeline.asr.jobs import Result, Segment
from voice_pipeline.asr.recognizer import Recognizer
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import CHUNK_SAMPLES, SAMPLE_RATE, AudioChunk, samples_to_ns, to_float
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions, Event, Kind, Reason
from voice_pipeline.vad.segmenter import Segmenter

START_NS = 1_700_000_000_000_000_000


@dataclass
class Heard:
    """Everything the ears said about one recording."""

    events: list[Event]
    results: list[Result]

    @property
    def text(self) -> str:
        return " ".join(r.heard.text for r in self.results if r.is_final and not r.rejected_reason)


def hear(samples, detector, transcriber, options=None, rules=None, before_s=0.5, after_s=1.0, speculate=True) -> Heard:
    """Push int16[n] at 16 kHz through the ears, with silence around it; every job is done at once."""
    results: list[Result] = []
    detector.reset()
    segmenter = Segmenter(detector, Endpointer(options or EndpointerOptions()))
    recognizer = Recognizer(
        transcriber, rules or RejectionRules(), results.append, language="en", speculate=speculate, wall_ns=lambda: 1
    )
    pad = [np.zeros(int(s * SAMPLE_RATE), np.int16) for s in (before_s, after_s)]
    audio = np.concatenate((pad[0], samples, pad[1]))
    events: list[Event] = []
    for at in range(0, len(audio) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        chunk = AudioChunk(START_NS + samples_to_ns(at), audio[at : at + CHUNK_SAMPLES])
        recognizer.append(chunk)
        for event in segmenter.push(chunk):
            events.append(event)
            route(recognizer, event)
            recognizer.work()
    return Heard(events, results)


def route(recognizer: Recognizer, e: Event) -> None:
    """One event to the recogniser, as nodes/asr.py does with messages."""
    segment = Segment(e.utterance_id, e.generation, e.audio_start_ns, e.audio_end_ns, e.speech_end_ns, e.level_dbfs)
    if e.kind is Kind.START:
        recognizer.started(e.utterance_id, e.audio_start_ns)
    elif e.kind is Kind.PAUSE:
        recognizer.paused(segment)
    elif e.kind is Kind.RESUME:
        recognizer.resumed(e.utterance_id)
    elif e.kind is Kind.SPLIT:
        recognizer.split(segment)
    elif e.reason is Reason.TOO_SHORT:
        recognizer.dropped(e.utterance_id)
    else:
        recognizer.ended(segment)


def word_errors(reference: str, hypothesis: str) -> tuple[int, int]:
    """(errors, words) after Whisper's English normaliser."""
    import jiwer
    from whisper_normalizer.english import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    said, heard = normalise(reference), normalise(hypothesis)
    out = jiwer.process_words(said, heard)
    return out.substitutions + out.deletions + out.insertions, len(said.split())


def main() -> int:
    """Score a folder with manifest.csv."""
    from voice_pipeline.asr.protocol import TranscriberOptions
    from voice_pipeline.asr.registry import make_transcriber
    from voice_pipeline.vad.registry import make_detector

    folder = Path(sys.argv[1])
    overrides = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    speculate = overrides.pop("speculate", True)
    model = overrides.pop("model", "")
    options = EndpointerOptions(**overrides)
    detector = make_detector("silero", "silero-vad")
    transcriber = make_transcriber("faster_whisper", TranscriberOptions(model=model, compute_type="int8"))
    cache = Path(f"/tmp/whole_{folder.name}{model}.json")
    whole = json.loads(cache.read_text()) if cache.exists() else {}
    totals = {"ears": 0, "whole": 0, "words": 0, "missed": 0, "utterances": 0, "rejected": 0}
    for row in csv.DictReader((folder / "manifest.csv").open()):
        samples = read_recording(folder / row["file"]).samples
        if row["file"] not in whole:
            whole[row["file"]] = transcriber.transcribe(to_float(samples), "en").text
        heard = hear(samples, detector, transcriber, options, speculate=speculate)
        finals = [r for r in heard.results if r.is_final]
        errors, words = word_errors(row["transcript"], heard.text)
        base, _ = word_errors(row["transcript"], whole[row["file"]])
        totals["ears"] += errors
        totals["whole"] += base
        totals["words"] += words
        totals["missed"] += not heard.text
        totals["utterances"] += len(finals)
        totals["rejected"] += sum(bool(r.rejected_reason) for r in finals)
        if errors != base:
            print(f"{errors - base:+d} {row['file']} [{len(finals)}]\n   {row['transcript']}\n   {heard.text}")
            for r in finals:
                if r.rejected_reason:
                    print("   rejected:", r.heard.text, "|", r.rejected_reason)
    cache.write_text(json.dumps(whole))
    rate = {k: round(100 * totals[k] / totals["words"], 2) for k in ("ears", "whole")}
    print(json.dumps(totals | {"wer_ears": rate["ears"], "wer_whole": rate["whole"]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
