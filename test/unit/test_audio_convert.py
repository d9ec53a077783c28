"""The edge: any rate and channel count in pieces of any size becomes evenly stamped chunks of 512 samples."""

import itertools

import numpy as np
import pytest

from voice_pipeline.audio.convert import EdgeConverter
from voice_pipeline.audio.formats import AudioFormat, samples_to_ns
from voice_pipeline.audio.resample import StreamResampler

T0 = 1_700_000_000_000_000_000


def click_at(second, rate, seconds=2.0, channels=1):
    audio = np.zeros((int(rate * seconds), channels), np.int16)
    audio[int(second * rate) : int(second * rate) + rate // 200] = 20_000
    return audio.reshape(-1)


@pytest.mark.parametrize(
    ("rate", "channels", "piece"), [(16_000, 1, 700), (48_000, 2, 480), (44_100, 1, 441), (8_000, 1, 160)]
)
def test_a_click_keeps_its_capture_time(rate, channels, piece):
    converter = EdgeConverter(AudioFormat(rate, channels))
    audio = click_at(1.0, rate, channels=channels)
    chunks = []
    for at in range(0, len(audio) // channels, piece):
        part = audio[at * channels : (at + piece) * channels]
        chunks += converter.convert(part, T0 + samples_to_ns(at, rate))
    assert {len(c.samples) for c in chunks} == {512}
    assert {b.stamp_ns - a.stamp_ns for a, b in itertools.pairwise(chunks)} == {32_000_000}
    whole = np.concatenate([c.samples for c in chunks])
    first = int(np.argmax(np.abs(whole) > 8_000))
    heard_at = (chunks[0].stamp_ns - T0) / 1e9 + first / 16_000
    assert heard_at == pytest.approx(1.0, abs=0.002)


def test_one_late_delivery_does_not_move_the_clock():
    converter = EdgeConverter(AudioFormat(), patience=3)
    stamps = []
    for i in range(20):
        late = 400_000_000 if i in (7, 8, 11, 14) else 0
        stamps += [c.stamp_ns for c in converter.convert(np.zeros(512, np.int16), T0 + i * 32_000_000 + late)]
    assert stamps == [T0 + i * 32_000_000 for i in range(20)]
    assert converter.clock.reanchored == 0


def test_lost_audio_moves_the_clock_by_what_was_lost():
    converter = EdgeConverter(AudioFormat(), patience=3)
    stamps = []
    for i in range(20):
        lost = 640_000_000 if i >= 10 else 0
        stamps += [c.stamp_ns for c in converter.convert(np.zeros(512, np.int16), T0 + i * 32_000_000 + lost)]
    assert converter.clock.reanchored == 1
    assert stamps[-1] == T0 + 19 * 32_000_000 + 640_000_000
    assert stamps == sorted(stamps)


def test_of_several_late_deliveries_the_least_late_says_how_much_was_lost():
    converter = EdgeConverter(AudioFormat(), patience=3)
    for i in range(20):
        lost = 640_000_000 + (0, 70_000_000, 30_000_000)[i % 3] if i >= 10 else 0
        chunks = converter.convert(np.zeros(512, np.int16), T0 + i * 32_000_000 + lost)
    assert chunks[0].stamp_ns == T0 + 19 * 32_000_000 + 640_000_000


def test_a_clock_that_runs_fast_is_followed_in_steps_of_a_tenth_of_a_second():
    converter = EdgeConverter(AudioFormat(), patience=3)
    for i in range(4_000):  # 128 s at 0.1 %: 128 ms
        converter.convert(np.zeros(512, np.int16), T0 + int(i * 32_000_000 * 1.001))
    assert converter.clock.reanchored == 1


def test_resampling_in_pieces_equals_resampling_at_once():
    audio = (np.random.default_rng(1).standard_normal(48_000) * 3_000).astype(np.int16)
    pieces = StreamResampler(AudioFormat(48_000, 1))
    parts = [pieces.process(audio[i : i + 480], last=i + 480 >= len(audio)) for i in range(0, len(audio), 480)]
    at_once = StreamResampler(AudioFormat(48_000, 1)).process(audio, last=True)
    assert len(at_once) == 16_000
    difference = np.abs(np.concatenate(parts).astype(int) - at_once)
    assert difference.max() <= 3, "more than the dither of two conversions"


def test_resampling_removes_what_16_khz_cannot_hold():
    wave = (20_000 * np.sin(2 * np.pi * 12_000 * np.arange(48_000) / 48_000)).astype(np.int16)
    assert np.abs(StreamResampler(AudioFormat(48_000, 1)).process(wave, last=True)[500:-500]).max() < 50


def exact_stamps(steps):
    """Chunk stamps less what an even clock says, ns, for measurements that are off by `steps` (piece -> ns)."""
    converter = EdgeConverter(AudioFormat(), exact=True)
    stamps = []
    for i in range(100):
        stamps += [c.stamp_ns for c in converter.convert(np.zeros(512, np.int16), T0 + i * 32_000_000 + steps(i))]
    return [stamp - T0 - i * 32_000_000 for i, stamp in enumerate(stamps)]


def test_exact_times_move_the_clock_by_few_milliseconds_that_were_lost():
    off = exact_stamps(lambda i: 12_000_000 if i >= 50 else 0)
    assert off[:50] == [0] * 50
    assert off[-1] == pytest.approx(12_000_000, abs=100_000)


def test_exact_times_that_are_wrong_a_few_times_in_a_row_change_nothing():
    off = exact_stamps(lambda i: 5_000_000 if 40 <= i < 46 else 0)
    assert max(map(abs, off)) < 10_000


def test_exact_times_are_followed_as_slowly_as_crystals_differ():
    off = exact_stamps(lambda i: i * 32_000_000 // 20_000)  # 50 ppm
    assert off[-1] == pytest.approx(99 * 1_600, abs=3_200)
    trembling = exact_stamps(lambda i: (-1) ** i * 200_000 if i else 0)
    assert max(map(abs, trembling)) < 10_000  # a sixth of a sample
