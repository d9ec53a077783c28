"""The linear filter learns the way from loudspeaker to microphone, also while a person talks, and leaves the person whole."""

import numpy as np
import pytest

from voice_pipeline.audio.echo.kalman import KalmanFilter

RATE = 16_000


def speechlike(seconds, seed):
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE)
    hz = np.fft.rfftfreq(n, 1 / RATE)
    signal = np.fft.irfft(np.fft.rfft(rng.normal(size=n)) / (1.0 + (hz / 700.0) ** 1.5) * (hz > 100), n)
    loud = np.clip(np.interp(np.arange(n) * 10 / RATE, np.arange(200), rng.normal(0.6, 0.7, 200)), 0, 2)
    return 0.08 * signal / signal.std() * loud


def run(heard, played):
    kalman = KalmanFilter()
    frames = zip(heard.reshape(-1, 160), played.reshape(-1, 160), strict=True)
    return np.concatenate([kalman.process(near, far) for near, far in frames])


@pytest.fixture
def room():
    tail = np.random.default_rng(7).normal(size=2_400) * 10 ** (-3 * np.arange(2_400) / 2_400)
    return np.concatenate((np.zeros(50), [0.3], 0.03 * tail))


def test_it_takes_the_echo_out_and_leaves_the_person(room):
    played, near = speechlike(10.0, 1), speechlike(10.0, 2)
    near[: 5 * RATE] = 0.0
    echo = np.convolve(played, room)[: len(played)]
    left = run(echo + near, played)
    alone, both = slice(3 * RATE, 5 * RATE), slice(6 * RATE, 10 * RATE)
    assert 10 * np.log10(np.mean(echo[alone] ** 2) / np.mean(left[alone] ** 2)) > 15.0
    kept = left[both] @ near[both] / (near[both] @ near[both])
    assert kept == pytest.approx(1.0, abs=0.05)
    assert np.mean((left - near)[both] ** 2) < 0.2 * np.mean(echo[both] ** 2)


def test_it_is_never_louder_than_what_was_heard(room):
    played, heard = speechlike(3.0, 1), speechlike(3.0, 2)
    left = run(heard, played).reshape(-1, 160)
    assert (np.sum(left**2, axis=1) <= np.sum(heard.reshape(-1, 160) ** 2, axis=1)).all()


def test_silence_stays_silence_and_finite():
    assert not run(np.zeros(RATE), np.zeros(RATE)).any()
