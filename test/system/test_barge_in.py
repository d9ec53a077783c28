"""Speech, noise and "stop" over the robot's answer, with real ears, voice and player; see scene.py.

How long each takes depends on the machine and is printed, not asserted: `make bench-barge-in`. What does not depend on it,
the audio that voice activity needs before it reports speech, is asserted in test_vad_silero.py.
"""

import csv
import random
import time

import numpy as np
import pytest
import soundfile
import soxr
from voice_pipeline.msg import PlaybackControl, PlaybackState, Transcript, VoiceActivity

from scene import Scene
from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import from_bytes
from voice_pipeline.model_store import find_model

STORY = (
    "Once upon a time a small robot lived on a wooden desk near the window. Every morning it looked at the garden and "
    "counted the yellow flowers. One day a blue bird came to the window and asked for some water. The robot had no hands, "
    "but it had a loud voice and many friends. So it called the cat, the cat called the dog, and the dog carried a cup. "
    "The bird drank the water and sang a song about the summer. After that the bird came back every single morning. "
)
# No sentence twice: an answer that repeats itself is ended.
COUNTING = " ".join(f"On day {n} the robot counted {n + 7} flowers in the garden." for n in range(1, 200))


pytestmark = pytest.mark.timeout(900)  # minutes of speech in real time, and models beside it


@pytest.fixture
def scene(ros, monkeypatch, model):
    model("piper-en-us-joe")

    def make(say=STORY, **kwargs):
        return Scene(ros, monkeypatch, say, **kwargs)

    return make


def words_played(speech, seconds):
    """How many words of the sound that was sent ended within its first `seconds`, by forced word times."""
    from faster_whisper import WhisperModel

    sound = np.concatenate([from_bytes(m.audio.data) for m in speech])
    rate = speech[0].sample_rate
    audio = soxr.resample(sound.astype(np.float32) / 32768, rate, 16000)
    recogniser = WhisperModel(str(find_model("whisper-base-ct2")), device="cpu", compute_type="int8", cpu_threads=2)
    segments, _ = recogniser.transcribe(audio, language="en", beam_size=1, word_timestamps=True)
    words = [w for s in segments for w in s.words]
    return sum(1 for w in words if (w.start + w.end) / 2 <= seconds)


@pytest.mark.parametrize("engine", ["piper", "kokoro"])
def test_the_memory_holds_exactly_what_was_played_when_the_answer_is_cut_at_random(ros, scene, engine):
    s = scene(engine=engine, ears=False)
    peer = ros.peer()
    voice, partial = peer.publisher(VoiceActivity, "voice_activity"), peer.publisher(Transcript, "transcript/partial")
    rejected = peer.publisher(Transcript, "transcript/rejected")
    ros.wait(lambda: s.dialogue.count_publishers("voice_activity") and voice.get_subscription_count())
    chance = random.Random(7)
    wrong = []
    for turn in range(10):
        s.speech.clear()
        s.heard.stamps.clear()
        s.heard.blocks.clear()
        s.ask()
        time.sleep(chance.uniform(0.0, 5.0))
        name = f"over-{turn}"
        voice.publish(VoiceActivity(event=VoiceActivity.START, utterance_id=name))
        time.sleep(chance.uniform(0.05, 0.4))
        ros.settle(s.dialogue)  # the voice before its words, which come on another topic
        before = len(s.traces)
        partial.publish(Transcript(text="what about me", utterance_id=name, confidence=0.9))
        ros.wait(lambda n=before: len(s.traces) > n, what="the turn to end")
        ros.settle(peer.node, messages=128)
        rejected.publish(Transcript(utterance_id=name, is_final=True, rejected_reason="made up by the test"))
        history = s.dialogue._mind.history
        kept = history._turns[-1][-1].content.strip("…") if history._turns else ""
        played = sum(len(b) for b in s.heard.blocks) / 24000
        true = words_played([m for m in s.speech if len(m.audio.data)], played)
        if abs(len(kept.split()) - true) > 1:
            wrong.append((round(played, 2), len(kept.split()), true, kept[-40:]))
        assert s.traces[-1].interrupted
    assert wrong == []


def utterances(folder):
    """Short clean recordings that begin in silence, and the ns at which the voice begins by their manifest."""
    with (folder / "manifest.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["condition"] == "clean" and float(r["seconds"]) <= 3.1]
    starts = [(r["file"], float(r["speech_start_est"] or 0.0)) for r in rows]
    return [(folder / name, int(start * 1e9)) for name, start in starts if start >= 0.1][:20]


def test_speech_over_the_answer_pauses_it(ros, scene, recordings):
    s = scene(say=COUNTING)
    orders = ros.peer().record(PlaybackControl, "playback_control")
    paused = lambda: [o for o in orders if o.command == PlaybackControl.PAUSE]  # noqa: E731
    late, missed = [], []
    for path, onset in utterances(recordings / "dev"):
        if s.dialogue._engine.turn is None:
            s.ask()
        time.sleep(0.5)
        orders.clear()
        first, last = s.play(path)
        over = last + 500_000_000
        ros.wait(lambda over=over: paused() or s.vad._newest_ns >= over, what="all of it to be judged")
        ros.settle(s.vad, s.dialogue, ros.peer().node, messages=16)
        if paused():
            time.sleep(0.1)
            late.append((s.heard.last_loud_ns(time.time_ns()) - first - onset) / 1e6)
        else:
            missed.append(path.stem)
        ros.wait(lambda: not s.dialogue._engine._persons and not s.dialogue._engine._barge_in.holding, what="the end")
    late.sort()
    print("silent after ms:", [round(x) for x in late], "not noticed:", missed)
    assert not missed
    assert len(late) >= 15


def test_stop_over_the_answer_is_silence(ros, scene, recordings):
    s = scene(say=COUNTING)
    path = recordings / "dev" / "command_mycroft_stop.wav"
    onset = onset_ns(path)
    late = []
    for _ in range(3):
        s.ask()
        time.sleep(1.0)
        before = len(s.traces)
        first, _ = s.play(path)
        ros.wait(lambda n=before: len(s.traces) > n, what="the answer to be given up")
        ros.settle(ros.peer().node, messages=64)
        given_up = next(t for t, m in reversed(s.states) if m.state == PlaybackState.FLUSHED)
        silent = s.heard.last_loud_ns(int(given_up * 1e9))
        late.append((silent - first - onset) / 1e6)
        ros.wait(lambda: s.dialogue._engine.idle, what="quiet")
    print("silent after ms:", [round(x) for x in late])
    assert s.interrupted == 3


def onset_ns(path):
    """When the voice begins in a clean recording: its first 10 ms within 20 dB of the loudest."""
    sound = read_recording(path).samples.astype(np.float64)
    power = np.array([np.mean(sound[i : i + 160] ** 2) for i in range(0, len(sound) - 160, 160)])
    return int(np.flatnonzero(power > power.max() / 100)[0] * 10_000_000)


def first_seconds(path, folder, seconds=5):
    """The beginning of a recording, as a file: each of them whole would take twice the time and tell no more."""
    rate, short = 16000, folder / path.name
    soundfile.write(short, read_recording(path).samples[: seconds * rate], rate)
    return short


def test_no_noise_ends_the_answer_and_none_holds_it_for_good(ros, scene, recordings, tmp_path):
    s = scene(say=COUNTING)
    orders = ros.peer().record(PlaybackControl, "playback_control")
    times = []
    s.ask()
    for path in sorted((recordings / "noise").glob("*.wav")):
        if path.stem == "song_with_vocals":  # it has words
            continue
        _, last = s.play(first_seconds(path, tmp_path))
        while time.time_ns() < last:
            times += [(time.time(), o.command) for o in orders[len(times) :]]
            time.sleep(0.02)
        assert s.interrupted == 0, path.stem
    ros.wait(lambda: not s.dialogue._engine._persons and not s.dialogue._engine._barge_in.holding, what="the end")
    ros.settle(ros.peer().node, messages=64)
    times += [(time.time(), o.command) for o in orders[len(times) :]]
    held = [t for t, command in times if command == PlaybackControl.PAUSE]
    free = [t for t, command in times if command == PlaybackControl.RESUME]
    print("held", len(held), "times, ms:", [round(1000 * (b - a)) for a, b in zip(held, free, strict=False)])
    assert len(free) == len(held)
    assert s.dialogue._engine.turn is not None  # still speaking
