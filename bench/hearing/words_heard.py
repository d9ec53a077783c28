"""What the ears make of a folder of recordings, with no rule in force: every utterance with all its figures. Apart from
`words`, because this takes minutes and the curves drawn from it take none."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from voice_pipeline.asr.protocol import Transcriber, Transcription
from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import CHUNK_SAMPLES, NS, SAMPLE_RATE, AudioChunk, Int16, samples_to_ns, to_float
from voice_pipeline.commands._audio_folder import load_folder
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions, Kind, Reason
from voice_pipeline.vad.protocol import VoiceActivityDetector
from voice_pipeline.vad.segmenter import Segmenter

_START_NS = 1_700_000_000 * NS
SILENCE = np.zeros(SAMPLE_RATE, np.int16)
# The same noise again, louder, softer and cut elsewhere: what is invented depends on all of it.
NOISE_VARIANTS = ((0, 0.0), (0, -12.0), (0, 6.0), (6_000, 0.0), (11_000, -6.0), (17_000, -3.0))


@dataclass(frozen=True)
class Heard:
    """One utterance. `half`: 0 for the recordings that thresholds are chosen on (even rows), 1 for the others."""

    file: str
    half: int
    transcript: str | None  # of the whole recording; None where nothing is said
    variant: int  # of a noise, see NOISE_VARIANTS
    text: str
    confidence: float
    no_speech: float
    compression_ratio: float
    level_dbfs: float
    mean_probability: float
    audio_s: float
    speech_s: float
    language: str

    def transcription(self) -> Transcription:
        """As the engine gave it, as far as rules look at it."""
        return Transcription(
            self.text, self.confidence, self.no_speech, math.nan, self.compression_ratio, self.language
        )


def kept(cache: Path, hear: Callable[[], Iterable[Heard]]) -> list[Heard]:
    """What was heard before, from `cache`, or else now."""
    if not cache.exists():
        heard = list(hear())
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps([asdict(h) for h in heard], indent=1, ensure_ascii=False))
    return [Heard(**x) for x in json.loads(cache.read_text())]


def hear_folder(folder: Path, engine: Transcriber, detector: VoiceActivityDetector, language: str) -> Iterator[Heard]:
    """Every utterance of a folder with a manifest; a recording without words is heard in all NOISE_VARIANTS."""
    for index, recording in enumerate(load_folder(folder)):
        samples = read_recording(recording.path).samples
        for variant, (offset, gain_db) in enumerate(((0, 0.0),) if recording.transcript else NOISE_VARIANTS):
            loud = np.clip(samples[offset:] * 10 ** (gain_db / 20), -32768, 32767).astype(np.int16)
            name = recording.path.name
            yield from hear_samples(name, index % 2, recording.transcript, variant, loud, engine, detector, language)


def hear_samples(
    name: str,
    half: int,
    transcript: str | None,
    variant: int,
    samples: Int16,
    engine: Transcriber,
    detector: VoiceActivityDetector,
    language: str,
) -> Iterator[Heard]:
    """Every utterance (or part of a long one) that the detector finds in int16[n]."""
    audio = np.concatenate((SILENCE[: SAMPLE_RATE // 2], samples, SILENCE))
    for u in _utterances(audio, detector):
        heard = engine.transcribe(to_float(audio[u.begin : u.end]), language)
        seconds = (u.end - u.begin) / SAMPLE_RATE
        yield as_heard(name, half, transcript, variant, heard, u.level_dbfs, mean(u.probabilities), seconds, u.speech_s)


def as_heard(
    name: str,
    half: int,
    transcript: str | None,
    variant: int,
    heard: Transcription,
    level_dbfs: float,
    probability: float,
    audio_s: float,
    speech_s: float,
) -> Heard:
    """A transcription with its figures."""
    figures = (heard.confidence, heard.no_speech_probability, heard.compression_ratio)
    return Heard(
        name,
        half,
        transcript,
        variant,
        heard.text,
        *figures,
        level_dbfs,
        probability,
        audio_s,
        speech_s,
        heard.language,
    )


@dataclass(frozen=True)
class _Utterance:
    begin: int
    end: int
    level_dbfs: float
    speech_s: float
    probabilities: list[float]


def _utterances(audio: Int16, detector: VoiceActivityDetector) -> Iterator[_Utterance]:
    detector.reset()
    segmenter = Segmenter(detector, Endpointer(EndpointerOptions()))
    at: dict[int, float] = {}
    for start in range(0, len(audio) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        events = segmenter.push(AudioChunk(_START_NS + samples_to_ns(start), audio[start : start + CHUNK_SAMPLES]))
        at[start] = segmenter.probability
        for e in events:
            if e.kind is Kind.SPLIT or (e.kind is Kind.END and e.reason is not Reason.TOO_SHORT):
                begin, end, last = (_index(t) for t in (e.audio_start_ns, e.audio_end_ns, e.speech_end_ns))
                within = [p for s, p in at.items() if begin <= s < last] or [0.0]
                yield _Utterance(begin, end, e.level_dbfs, max(0, last - begin) / SAMPLE_RATE, within)


def _index(stamp_ns: int) -> int:
    return round((stamp_ns - _START_NS) * SAMPLE_RATE / NS)
