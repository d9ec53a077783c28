"""The echo stages on a stream: silent robot, unchanged audio; speaking robot, no echo; same stamps; no fault stops hearing."""

import sys

import numpy as np
import pytest

from voice_pipeline.audio.echo.delay import EARLIEST, LATEST, REFERENCE, WINDOW, DelayTracker, measure_delay
from voice_pipeline.audio.echo.gate import HalfDuplexGate
from voice_pipeline.audio.echo.reference import PlayedReference
from voice_pipeline.audio.echo.registry import make_canceller
from voice_pipeline.audio.echo.software import SoftwareEcho
from voice_pipeline.audio.formats import AudioChunk, AudioFormat, level_dbfs, samples_to_ns
from voice_pipeline.errors import VoiceError

T0 = 1_700_000_000_000_000_000
RATE = 16_000


def voice(seconds, seed=0):
    """Noise with the spectrum and the syllables of speech, float64[n]."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE)
    spectrum = np.fft.rfft(rng.normal(size=n))
    hz = np.fft.rfftfreq(n, 1 / RATE)
    coloured = np.fft.irfft(spectrum / (1.0 + (hz / 700.0) ** 1.5) * (hz > 100), n)
    syllables = np.clip(
        np.interp(np.arange(n), np.arange(0, n + 1_600, 1_600), rng.normal(0.6, 0.7, n // 1_600 + 1)), 0, 2
    )
    return 2_500 * coloured / coloured.std() * syllables


def late(signal, seconds, gain=0.3):
    shift = int(seconds * RATE)
    return gain * np.concatenate((np.zeros(shift), signal))[: len(signal)]


def chunks(samples):
    pcm = np.clip(np.rint(samples), -32_768, 32_767).astype(np.int16)
    return [AudioChunk(T0 + samples_to_ns(at), pcm[at : at + 512]) for at in range(0, len(pcm) - 511, 512)]


def stream(stage, reference, microphone, played, offset_s=0.0, later_s=None):
    """Chunks that come out, with blocks of what is played pushed as they begin, as players do; stamps `offset_s` apart,
    from 6.5 s on `later_s`."""
    pcm = np.rint(played).astype(np.int16)
    out, at = [], 0
    for chunk in chunks(microphone):
        while at + 320 <= len(pcm) and T0 + samples_to_ns(at) <= chunk.end_ns:
            if pcm[at : at + 320].any():
                apart = offset_s if later_s is None or at < 6.5 * RATE else later_s
                reference.push(pcm[at : at + 320], AudioFormat(), T0 + samples_to_ns(at) + int(apart * 1e9))
            at += 320
        out.append(stage.process(chunk))
    return out


def joined(out):
    flat = [c for some in out for c in some]
    assert [c.stamp_ns for c in flat] == [T0 + samples_to_ns(512 * k) for k in range(len(flat))]
    assert {len(c.samples) for c in flat} == {512}
    return np.concatenate([c.samples for c in flat])


@pytest.fixture
def reference():
    return PlayedReference()


@pytest.fixture
def software(reference):
    return SoftwareEcho(make_canceller("webrtc"), reference, 0.0)


def test_while_the_robot_is_silent_audio_passes_at_once_bit_by_bit(software, reference):
    near = voice(2.0)
    out = stream(software, reference, near, np.zeros_like(near))
    assert [len(some) for some in out] == [1] * len(out)
    assert np.array_equal(joined(out), np.concatenate([c.samples for c in chunks(near)]))


@pytest.mark.parametrize("delay_s", [0.02, 0.12, 0.25])
def test_the_echo_is_taken_out_and_its_delay_found(software, reference, delay_s):
    played = voice(8.0)
    microphone = late(played, delay_s) + np.random.default_rng(1).normal(0, 5, len(played))
    out = joined(stream(software, reference, microphone, played))
    after = slice(4 * RATE, 7 * RATE)
    assert level_dbfs(microphone[after] / 32_768) - level_dbfs(out[after]) > 20.0
    assert software.delay.ms == pytest.approx(1000 * delay_s, abs=2.0)
    assert float(software.figures().values["echo_removed_db"]) > 10.0


def test_stamps_that_place_the_sound_after_its_echo_are_corrected(software, reference):
    played = voice(8.0)
    out = joined(stream(software, reference, late(played, 0.01), played, offset_s=0.06))
    after = slice(5 * RATE, 7 * RATE)
    assert level_dbfs(out[after]) < level_dbfs(late(played, 0.01)[after] / 32_768) - 15.0
    assert software.delay.ms == pytest.approx(-50.0, abs=2.0)


def test_a_chunk_is_held_back_only_while_the_robot_is_heard(software, reference):
    played = np.concatenate((np.zeros(RATE), voice(1.0), np.zeros(2 * RATE)))
    counts = [len(some) for some in stream(software, reference, late(played, 0.05), played)]
    assert counts.count(0) == 1
    assert counts.count(2) == 1
    held, released = counts.index(0), counts.index(2)
    assert RATE <= 512 * held + 512 <= RATE + 1_024
    assert 2.4 * RATE < 512 * released < 2.7 * RATE


def test_after_the_answer_audio_is_bit_exact_again(software, reference):
    played = np.concatenate((voice(1.0), np.zeros(3 * RATE)))
    near = np.concatenate((np.zeros(2 * RATE), voice(2.0, 5)))
    out = joined(stream(software, reference, late(played, 0.05) + near, played))
    expected = np.concatenate([c.samples for c in chunks(near)])
    assert np.array_equal(out[2 * RATE : len(expected)], expected[2 * RATE :])


def test_the_canceller_is_in_step_with_the_raw_audio(software, reference):
    """Its own latency is taken off: a person who speaks over a nearly silent robot stays where he was."""
    near, played = voice(3.0, 3), 20.0 * np.sign(np.sin(np.arange(3 * RATE)))
    out = joined(stream(software, reference, near, played)).astype(float)
    line = np.fft.irfft(np.fft.rfft(out, 65_536) * np.fft.rfft(near[: len(out)], 65_536).conj())
    assert abs((int(np.argmax(line)) + 32_768) % 65_536 - 32_768) <= 4


def test_a_hole_in_the_microphone_is_survived_without_losing_the_held_chunk(software, reference):
    played = voice(3.0)
    whole = chunks(late(played, 0.05))
    reference.push(np.rint(played).astype(np.int16), AudioFormat(), T0)
    some = [c for c in whole if not 40 <= whole.index(c) < 50]
    out = [c for chunk in some for c in software.process(chunk)] + software.flush()
    assert [c.stamp_ns for c in out] == [c.stamp_ns for c in some]
    assert software.figures().problem == ""


def test_with_headphones_a_person_is_left_as_they_are(software, reference):
    played, near = voice(12.0), voice(12.0, seed=7)
    near[: 4 * RATE] = 0.0
    out = joined(stream(software, reference, near, played))
    part = slice(6 * RATE, 11 * RATE)
    lost = near[part] - out[part]
    assert software.figures().values["echo_heard"] == "false"
    assert level_dbfs(lost / 32_768) < level_dbfs(near[part] / 32_768) - 10.0


def test_an_echo_that_begins_later_is_taken_out_again(software, reference):
    played = voice(16.0)
    microphone = late(played, 0.05)
    microphone[: 6 * RATE] = np.random.default_rng(1).normal(0, 5, 6 * RATE)
    out = joined(stream(software, reference, microphone, played))
    part = slice(11 * RATE, 15 * RATE)
    assert software.figures().values["echo_heard"] == "true"
    assert level_dbfs(out[part]) < level_dbfs(microphone[part] / 32_768) - 20.0


def test_who_speaks_over_the_echo_is_not_suppressed_with_it(software, reference):
    played, near = voice(14.0), voice(14.0, seed=7)
    near[: 8 * RATE] = 0.0
    out = joined(stream(software, reference, late(played, 0.05) + near, played))
    part = slice(9 * RATE, 13 * RATE)
    assert level_dbfs((near[part] - out[part]) / 32_768) < level_dbfs(near[part] / 32_768) - 8.0


class Broken:
    """A canceller that fails after a while."""

    latency_samples = 0

    def __init__(self):
        self.frames = 0

    def process(self, heard, played, suppress=True):
        self.frames += len(heard) // 160
        if self.frames > 100:
            raise RuntimeError("native trouble")
        return heard

    def doubt(self, stepped):
        pass


def test_a_canceller_that_fails_lets_everything_through_and_says_so(reference):
    stage = SoftwareEcho(Broken(), reference, 0.0)
    played = voice(4.0)
    out = stream(stage, reference, late(played, 0.05), played)
    heard = joined(out)
    assert len(heard) == 512 * len(out)
    assert np.array_equal(
        heard[3 * RATE :], np.concatenate([c.samples for c in chunks(late(played, 0.05))])[3 * RATE :]
    )
    assert "native trouble" in stage.figures().problem
    assert "gate" in stage.figures().problem


def test_without_its_package_the_canceller_names_the_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    with pytest.raises(VoiceError, match="pip install pywebrtc-audio"):
        make_canceller("webrtc")


def test_an_unknown_canceller_is_refused():
    with pytest.raises(VoiceError, match="Use one of: webrtc"):
        make_canceller("speex")


def test_the_gate_silences_the_microphone_while_the_robot_is_heard_and_a_tail_longer(reference):
    gate = HalfDuplexGate(reference, 0.3)
    played = np.concatenate((np.zeros(RATE), 3_000 * np.sin(np.arange(RATE)), np.zeros(2 * RATE)))
    microphone = np.full(len(played), 1_000.0)
    out = joined(stream(gate, reference, microphone, played))
    silent = np.flatnonzero(out == 0)
    assert RATE - 512 <= silent[0] <= RATE + 1_024
    assert 2.3 * RATE - 512 <= silent[-1] <= 2.3 * RATE + 512
    assert len(silent) == silent[-1] - silent[0] + 1


def test_speech_that_is_no_echo_gives_no_delay():
    played, other = voice(3.0), voice(1.0, 9)
    assert measure_delay(other, played[:REFERENCE]) is None
    assert measure_delay(np.zeros(WINDOW), played[:REFERENCE]) is None
    assert measure_delay(other, np.zeros(REFERENCE)) is None


@pytest.mark.parametrize("samples", [EARLIEST + 5, 0, 333, LATEST - 5])
def test_a_delay_is_measured_to_the_sample(samples):
    line = voice(3.0)
    played = line[10_000 : 10_000 + REFERENCE]
    heard = line[10_000 + LATEST - samples :][:WINDOW]
    assert measure_delay(heard, played) == pytest.approx(samples, abs=0.6)


def test_the_tracker_follows_drift_and_jumps_only_when_two_agree():
    tracker = DelayTracker()
    tracker.update(500.0)
    assert tracker.samples == 0.0
    assert not tracker.known
    tracker.update(503.0)
    assert tracker.samples == 503.0
    assert tracker.known
    assert tracker.jumps == 1
    tracker.update(2_000.0)  # one outlier
    for k in range(20):
        tracker.update(503.0 + k)
    assert tracker.samples == pytest.approx(521.0, abs=2.0)
    assert tracker.jumps == 1


@pytest.mark.parametrize("moved_ms", [0.25, 0.6, -0.6, 5.0])
def test_stamps_that_moved_between_two_answers_let_no_echo_through(software, reference, moved_ms):
    answer, pause = voice(6.0), np.zeros(RATE)
    played = np.concatenate((answer, pause, answer))
    microphone = late(played, 0.03)
    out = joined(stream(software, reference, microphone, played, later_s=moved_ms / 1e3))
    second = slice(7 * RATE, 8 * RATE)
    assert level_dbfs(microphone[second] / 32_768) - level_dbfs(out[second]) > 25.0


def test_a_delay_that_the_filter_finds_itself_is_left_to_it():
    tracker = DelayTracker()
    tracker.update(80.0)
    assert tracker.samples == 0.0
    assert tracker.known
    assert tracker.ms == pytest.approx(5.0)
    for _ in range(8):
        tracker.update(90.0)  # the clocks drift
    assert tracker.samples == pytest.approx(10.0, abs=0.5)
