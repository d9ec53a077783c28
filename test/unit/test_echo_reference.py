"""The line of what was played: any rate, joined by counting, silence in the gaps, and a wait that ends."""

import threading

import numpy as np
import pytest

from voice_pipeline.audio.echo.quick_resampler import QuickResampler
from voice_pipeline.audio.echo.reference import PlayedReference
from voice_pipeline.audio.formats import AudioFormat, samples_to_ns

T0 = 1_700_000_000_000_000_000
MS = 1_000_000


def tone(seconds, rate, hz=440.0):
    return np.rint(8_000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(np.int16)


def push(reference, samples, rate=24_000, at_ns=T0, block_s=0.02, jitter_ns=lambda k: 0):
    size = int(rate * block_s)
    for k, begin in enumerate(range(0, len(samples), size)):
        stamp = at_ns + samples_to_ns(begin, rate) + jitter_ns(k)
        reference.push(samples[begin : begin + size], AudioFormat(rate, 1), stamp)


class HeldClock:
    """Stands still; counts the waits and may act in one."""

    def __init__(self, act=lambda: None):
        self.now, self.waits, self.act = 0, 0, act

    def wall_ns(self):
        return T0

    def monotonic_ns(self):
        return self.now

    def wait_until(self, deadline_ns, stop):
        self.waits += 1
        self.act()
        if not stop.is_set():
            self.now = deadline_ns
        return stop.is_set()


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_every_rate_comes_out_at_16_khz_in_step_and_within_two_milliseconds(rate):
    resampler = QuickResampler(rate)
    wave = tone(0.5, rate)
    out = np.concatenate([resampler.process(wave[i : i + rate // 50]) for i in range(0, len(wave), rate // 50)])
    assert 8_000 - len(out) <= 33 * max(1, 16_000 / rate)
    inner = slice(200, len(out) - 50)
    assert np.abs(out[inner].astype(int) - tone(0.5, 16_000)[: len(out)][inner]).max() < 40
    rest = resampler.process(np.zeros(0, np.int16), last=True)
    assert len(out) + len(rest) == pytest.approx(8_000, abs=1)


def test_what_would_alias_is_taken_out():
    resampler = QuickResampler(48_000)
    out = resampler.process(tone(0.2, 48_000, 11_000.0))
    assert np.abs(out[200:]).max() < 80  # 40 dB below the tone


def test_a_gap_is_silence_and_so_is_the_time_before_and_after():
    reference = PlayedReference()
    push(reference, tone(0.1, 24_000))
    push(reference, tone(0.1, 24_000), at_ns=T0 + 300 * MS)
    line = reference.read(T0 - 100 * MS, 8_000)
    loud = [np.abs(line[i : i + 800]).max() > 1_000 for i in range(0, 8_000, 800)]
    assert loud == [False, False, True, True, False, False, False, False, True, True]
    assert len(reference.read(T0 + 3_600_000 * MS, 100)) == 100


def test_late_stamps_of_a_busy_machine_do_not_tear_the_line():
    steady, jittery = PlayedReference(), PlayedReference()
    wave = tone(0.6, 24_000)
    push(steady, wave)
    push(jittery, wave, jitter_ns=lambda k: 30 * MS if k in (5, 17) else (k % 7) * MS)
    assert np.array_equal(steady.read(T0, 8_000), jittery.read(T0, 8_000))


def test_stamps_that_stay_off_begin_a_new_run():
    reference = PlayedReference()
    push(reference, tone(0.2, 24_000))
    push(reference, tone(0.2, 24_000), at_ns=T0 + 250 * MS)  # 50 ms later than counted
    assert reference.end_ns == pytest.approx(T0 + 450 * MS, abs=3 * MS)


def test_after_exact_stamps_one_that_is_off_by_an_underrun_begins_a_new_run_at_once():
    reference = PlayedReference()
    push(reference, tone(1.0, 24_000), jitter_ns=lambda k: 7 * MS if k >= 30 else 0)
    step = T0 + 600 * MS + 7 * MS
    assert reference.begins_within(step, step + MS)
    assert not reference.begins_within(T0 + 20 * MS, step)
    assert reference.end_ns == pytest.approx(T0 + 1_007 * MS, abs=MS)


@pytest.mark.parametrize("blocks", [1, 35, 400])
def test_a_pause_of_whole_blocks_after_exact_stamps_is_silence_in_the_same_run(blocks):
    told, whole = PlayedReference(), PlayedReference()
    wave = np.concatenate((tone(1.0, 24_000), np.zeros(blocks * 480, np.int16), tone(0.6, 24_000)))
    again = T0 + (50 + blocks) * 20 * MS
    push(whole, wave)
    push(told, wave[:24_000])
    push(told, wave[24_000 + blocks * 480 :], at_ns=again + MS // 10)  # the stamps' own noise does not move it
    assert not told.begins_within(again - 20 * MS, again + 20 * MS)
    assert told.resumes_within(again - MS, again + MS)
    assert told.end_ns == whole.end_ns
    assert np.array_equal(told.read(again - 100 * MS, 8_000), whole.read(again - 100 * MS, 8_000))


def test_a_pause_that_is_not_of_whole_blocks_begins_a_new_run():
    reference = PlayedReference()
    push(reference, tone(1.0, 24_000))
    again = T0 + 1_300 * MS + MS
    push(reference, tone(0.2, 24_000), at_ns=again)
    assert reference.begins_within(again, again + MS)


def test_it_is_read_between_samples_and_stretched():
    reference = PlayedReference()
    push(reference, tone(0.5, 16_000), 16_000)
    exact = tone(0.5, 160_000).astype(float)
    assert np.abs(reference.read(T0 + samples_to_ns(4_805, 160_000), 300) - exact[4_805:7_805:10]).max() < 150
    stretched = reference.read(T0 + 100 * MS, 160, 2.0)
    assert (
        np.abs(stretched - np.interp(1_600 + np.arange(160) * (1 + 2 / 160), np.arange(8_000), exact[::10])).max() < 1.0
    )


def test_waiting_ends_with_what_comes():
    reference = PlayedReference(clock := HeldClock())
    wave = tone(0.04, 16_000)
    reference.push(wave[:320], AudioFormat(), T0)
    clock.act = lambda: reference.push(wave[320:], AudioFormat(), T0 + 20 * MS)
    reference.wait_for(T0 + 40 * MS, 0.02)
    assert clock.waits == 1
    assert clock.now == 0
    assert reference.end_ns == T0 + 40 * MS


def test_a_player_that_stopped_is_waited_for_once():
    reference = PlayedReference(clock := HeldClock())
    reference.push(tone(0.02, 16_000), AudioFormat(), T0)
    for k in range(2, 6):
        reference.wait_for(T0 + k * 20 * MS, 0.02)
    assert clock.waits == 1
    assert clock.now == 20 * MS


def test_nothing_is_waited_for_when_nothing_plays():
    reference = PlayedReference(clock := HeldClock())
    reference.wait_for(T0, 0.02)
    reference.push(tone(0.02, 16_000), AudioFormat(), T0)
    reference.wait_for(T0 + 5_000 * MS, 0.02)
    assert clock.waits == 0


def test_what_comes_after_its_time_was_used_counts_as_late():
    reference = PlayedReference()
    reference.push(tone(0.02, 16_000), AudioFormat(), T0)
    reference.read(T0, 960, take=True)
    reference.push(tone(0.02, 16_000), AudioFormat(), T0 + 20 * MS)
    reference.push(tone(0.02, 16_000), AudioFormat(), T0 + 40 * MS)
    reference.push(tone(0.02, 16_000), AudioFormat(), T0 + 60 * MS)
    assert reference.late == 2


def test_writing_and_reading_from_two_threads_stays_whole():
    reference = PlayedReference()
    wave = tone(2.0, 24_000)
    writer = threading.Thread(target=push, args=(reference, wave))
    writer.start()
    while writer.is_alive():
        assert len(reference.read(T0 + 500 * MS, 512)) == 512
    writer.join()
    assert np.abs(reference.read(T0 + 1_000 * MS, 8_000)).max() > 7_000
