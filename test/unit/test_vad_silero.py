"""The real model through the segmenter: speech is found, silence and noise are not."""

import csv
import itertools

import numpy as np
import pytest

from offline_ears import START_NS
from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import AudioChunk, samples_to_ns
from voice_pipeline.errors import VoiceError
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions, Kind, Reason
from voice_pipeline.vad.registry import make_detector
from voice_pipeline.vad.segmenter import Segmenter


@pytest.fixture(scope="module")
def detector(model):
    model("silero-vad")
    return make_detector("silero", "silero-vad")


def events_of(detector, samples, piece=512):
    detector.reset()
    segmenter = Segmenter(detector, Endpointer(EndpointerOptions()))
    padded = np.concatenate((np.zeros(8_000, np.int16), samples, np.zeros(16_000, np.int16)))
    events = []
    for at in range(0, len(padded), piece):
        events += segmenter.push(AudioChunk(START_NS + samples_to_ns(at), padded[at : at + piece]))
    return events


def vowel_speech(seconds=1.0):
    """Something a detector of voices takes for one: a pitch that falls, three formants, syllables."""
    t = np.arange(int(seconds * 16_000)) / 16_000
    pitch = np.cumsum(140 - 30 * t / seconds) / 16_000
    source = sum(np.sin(2 * np.pi * k * pitch) / k for k in range(1, 30))
    out = np.zeros_like(t)
    for formant, width in ((700, 90), (1_200, 110), (2_600, 160)):
        r = np.exp(-np.pi * width / 16_000)
        a1, a2 = 2 * r * np.cos(2 * np.pi * formant / 16_000), -r * r
        y = np.zeros(len(t) + 2)
        for i, x in enumerate(source):
            y[i + 2] = x + a1 * y[i + 1] + a2 * y[i]
        out += y[2:] / np.abs(y).max()
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * t - np.pi / 2)
    return (out / np.abs(out).max() * syllables * 12_000).astype(np.int16)


def test_a_synthetic_voice_is_speech(detector):
    kinds = [e.kind for e in events_of(detector, vowel_speech())]
    assert kinds[0] is Kind.START
    assert kinds[-1] is Kind.END


@pytest.mark.parametrize("level", [0, 10, 300, 3_000])
def test_silence_and_white_noise_are_no_speech(detector, level):
    noise = np.random.default_rng(0).normal(0, max(level, 1e-9), 16_000 * 5).astype(np.int16)
    assert events_of(detector, noise) == []


def test_chunks_of_any_size_give_the_same_events(detector):
    speech = vowel_speech()
    assert [
        [(e.kind, e.stamp_ns, e.generation) for e in events_of(detector, speech, piece)] for piece in (512, 160, 4_000)
    ] == [[(e.kind, e.stamp_ns, e.generation) for e in events_of(detector, speech)]] * 3


def test_the_memory_of_the_model_is_reset_after_a_gap(detector):
    frames = vowel_speech()[4096 : 4096 + 512 * 8].reshape(8, 512)
    detector.reset()
    fresh = [detector.probability(f) for f in frames]
    again = [detector.probability(f) for f in frames]
    detector.reset()
    assert [detector.probability(f) for f in frames] == fresh
    assert again != fresh


def test_each_frame_is_seen_with_the_end_of_the_one_before(detector):
    """Against the model itself: 64 samples of context, as upstream feeds it."""
    frames = vowel_speech()[4096 : 4096 + 512 * 4].reshape(4, 512)
    state, context, expected = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32), []
    for frame in frames:
        samples = frame.astype(np.float32) / 32_768
        feeds = {"input": np.concatenate((context, samples))[None], "state": state, "sr": np.array(16_000)}
        output, state = detector._session.run(None, feeds)
        context = samples[-64:]
        expected.append(float(output[0, 0]))
    detector.reset()
    assert [detector.probability(f) for f in frames] == pytest.approx(expected, abs=1e-6)


def test_a_missing_model_names_the_command_that_fetches_it():
    with pytest.raises(VoiceError, match="make models MODELS=silero-none"):
        make_detector("silero", "silero-none")


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "x.onnx"
    path.write_bytes(b"nonsense")
    with pytest.raises(VoiceError, match="cannot be loaded"):
        make_detector("silero", str(path))


def test_an_unknown_engine_lists_the_known():
    with pytest.raises(VoiceError, match="silero"):
        make_detector("ears", "x")


@pytest.mark.parametrize("name", ["command_mycroft_stop.wav", "word_isolated_3824c00e_nohash_0.wav"])
def test_a_recorded_short_word_is_one_utterance(detector, recordings, name):
    events = events_of(detector, read_recording(recordings / "dev" / name).samples)
    assert [e.reason for e in events if e.kind is Kind.END] == [Reason.SILENCE]


@pytest.mark.parametrize("name", ["rain.wav", "kitchen.wav", "applause.wav", "digital_silence.wav", "room_tone.wav"])
def test_recorded_noise_is_no_utterance(detector, recordings, name):
    events = events_of(detector, read_recording(recordings / "noise" / name).samples)
    assert [e for e in events if e.kind is Kind.END and e.reason is not Reason.TOO_SHORT] == []


def heard_from(detector, samples, before=()):
    """Utterances that begin within `samples`, which come at once, or after `before` and a gap of 3 s; times in samples."""
    detector.reset()
    segmenter = Segmenter(detector, Endpointer(EndpointerOptions()))
    events = []
    for begin, audio in ((-len(before) - 48_000, before), (0, samples)):
        for at in range(0, len(audio) - 511, 512):
            events += segmenter.push(AudioChunk(START_NS + samples_to_ns(begin + at), audio[at : at + 512]))
    events += segmenter.source_ended()
    ends = [e for e in events if e.kind is Kind.END and e.reason is not Reason.TOO_SHORT]
    spans = [(round((t - START_NS) * 16_000 / 1e9) for t in (e.audio_start_ns, e.audio_end_ns)) for e in ends]
    return [span for span in map(tuple, spans) if span[1] > 0]


@pytest.mark.parametrize("gap", [False, True])
def test_a_recording_that_begins_and_ends_in_a_word_is_kept_from_its_first_sample_to_its_last(
    detector, recordings, gap
):
    with (recordings / "dev" / "manifest.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["category"] == "long" and r["condition"] == "clean"]
    before = np.zeros(32_000, np.int16) if gap else ()
    for row in rows[:6]:
        samples = read_recording(recordings / "dev" / row["file"]).samples
        begin = round(float(row["speech_start_est"]) * 16_000) + 4_800  # 0.3 s into the first words
        samples = samples[begin : begin + 512 * 60]
        spans = heard_from(detector, samples, before)
        assert spans[0][0] == 0, row["file"]
        assert spans[-1][1] >= len(samples) - 512 - 3_200 or spans[-1][1] == len(samples), row["file"]


def test_a_minute_and_more_of_reading_is_one_utterance_in_parts_without_a_gap(detector, recordings):
    with (recordings / "dev" / "manifest.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["category"] == "long" and r["condition"] == "clean"]
    spoken = [
        (round(float(r["speech_start_est"]) * 16_000), round(float(r["speech_end_est"]) * 16_000), r["file"])
        for r in rows[:7]
    ]
    pieces = [read_recording(recordings / "dev" / name).samples[a:b] for a, b, name in spoken]
    rest = np.zeros(4_800, np.int16)  # of 0.3 s between them
    samples = np.concatenate([np.concatenate((p, rest)) for p in pieces])
    detector.reset()
    options = EndpointerOptions(min_silence=3.0)  # readers stop for more than a second
    segmenter = Segmenter(detector, Endpointer(options))
    padded = np.concatenate((samples, np.zeros(64_000, np.int16)))
    events = []
    for at in range(0, len(padded) - 511, 512):
        events += segmenter.push(AudioChunk(START_NS + samples_to_ns(at), padded[at : at + 512]))
    parts = [e for e in events if e.kind in (Kind.SPLIT, Kind.END)]
    assert {e.utterance_id for e in events} == {events[0].utterance_id}
    assert [e.kind for e in parts] == [Kind.SPLIT] * (len(parts) - 1) + [Kind.END]
    assert len(parts) >= len(samples) / 16_000 / 23
    assert parts[0].audio_start_ns == START_NS
    assert all(a.audio_end_ns == b.audio_start_ns for a, b in itertools.pairwise(parts))
    assert max(e.audio_end_ns - e.audio_start_ns for e in parts) < 23e9
    quiet = [np.abs(padded[c - 160 : c + 160].astype(int)).mean() for c in map(_sample, parts[:-1])]
    print("parts", [round((e.audio_end_ns - e.audio_start_ns) / 1e9, 2) for e in parts], "level at the cuts", quiet)
    assert max(quiet) < np.abs(samples.astype(int)).mean() / 3  # in a silence, not in a word


def _sample(event):
    return round((event.audio_end_ns - START_NS) * 16_000 / 1e9)


def test_speech_is_reported_after_little_of_it(detector, recordings):
    """In time of the audio, so on any machine: what barge-in costs before anything else can happen."""
    with (recordings / "dev" / "manifest.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["condition"] == "clean" and float(r["seconds"]) <= 3.1]
    starts = [(r["file"], float(r["speech_start_est"] or 0.0)) for r in rows]
    waits = []
    for name, start in [(n, s) for n, s in starts if s >= 0.1][:20]:
        samples = read_recording(recordings / "dev" / name).samples
        segmenter = Segmenter(detector, Endpointer(EndpointerOptions()))
        detector.reset()
        for at in range(0, len(samples), 512):
            events = segmenter.push(AudioChunk(START_NS + samples_to_ns(at), samples[at : at + 512]))
            if events:
                waits.append((at + 512) / 16 - 1000 * start)
                break
    waits.sort()
    assert len(waits) == 20
    assert waits[18] < 165.0, waits  # of 200; 95 of 100, the last begins with a sound that the model takes for none
