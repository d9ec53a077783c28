"""A microphone that delivers no usable sound is noticed; real speech, however quiet or loud, is not called a fault."""

import numpy as np
import pytest
import soundfile

from voice_pipeline.audio.formats import CHUNK_SAMPLES, SAMPLE_RATE
from voice_pipeline.audio.microphone_watch import MicrophoneWatch, WatchLimits

RNG = np.random.default_rng(7)


def noise(seconds, level=300):
    return RNG.normal(0, level, int(seconds * SAMPLE_RATE))


def heard(samples, watch=None):
    """The kinds of problem that were told, in order."""
    watch = watch or MicrophoneWatch()
    told = []
    whole = np.clip(samples, -32768, 32767).astype(np.int16)
    for start in range(0, len(whole) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        watch.feed(whole[start : start + CHUNK_SAMPLES])
        if _kind(watch.problem) not in told[-1:]:
            told.append(_kind(watch.problem))
    return told


def _kind(problem):
    kinds = ("silence", "constant voltage", "overdriven")
    return next((k for k in kinds if k in problem), problem)


def test_digital_silence_is_told_after_ten_seconds_and_withdrawn_with_the_first_sound():
    told = heard(np.concatenate([np.zeros(9 * SAMPLE_RATE), noise(1), np.zeros(11 * SAMPLE_RATE), noise(1)]))
    assert told == ["", "silence", ""]


def test_the_dither_of_a_resampler_is_silence_too():
    assert heard(RNG.integers(-1, 2, 11 * SAMPLE_RATE))[-1] == "silence"


def test_a_quiet_room_is_no_fault():
    assert heard(noise(20, level=2)) == [""]


@pytest.mark.parametrize("offset", [-8000, 2000, 30_000])
def test_a_constant_voltage_is_told_whatever_lies_on_it(offset):
    assert heard(offset + noise(6))[-1] == "constant voltage"


def test_clipping_is_told_and_withdrawn_when_the_gain_is_lowered():
    told = heard(np.concatenate([noise(6, 20_000), noise(6, 3_000)]))
    assert told == ["", "overdriven", ""]


def test_one_bang_is_no_clipping():
    bang = noise(10)
    bang[SAMPLE_RATE * 7 : SAMPLE_RATE * 7 + 400] = 32_767
    assert heard(bang) == [""]


def test_the_limits_are_the_users():
    assert heard(np.zeros(2 * SAMPLE_RATE), MicrophoneWatch(WatchLimits(silent_s=1.0)))[-1] == "silence"
    assert heard(noise(6, 20_000), MicrophoneWatch(WatchLimits(clipped=0.5))) == [""]


def test_recorded_speech_and_noise_are_no_fault_and_speech_amplified_by_thirty_decibels_is(recordings):
    files = sorted((recordings / "dev").rglob("*.wav"))[::20] or sorted((recordings / "dev").rglob("*.flac"))[::20]
    assert files
    for path in files:
        samples, rate = soundfile.read(path, dtype="int16")
        assert rate == SAMPLE_RATE
        assert heard(np.tile(samples, 1 + 6 * SAMPLE_RATE // len(samples))) == [""], path
    loud = np.concatenate([soundfile.read(p, dtype="int16")[0] for p in files]) * 31.6
    assert "overdriven" in heard(loud)
