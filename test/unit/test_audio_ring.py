"""The ring buffer finds audio by capture time, fills gaps, and says what it no longer holds."""

import numpy as np

from voice_pipeline.audio.formats import AudioChunk, samples_to_ns
from voice_pipeline.audio.ring import AudioRing

T0 = 1_700_000_000_000_000_000


def at(sample):
    return T0 + samples_to_ns(sample)


def fill(ring, first, last, step=512):
    for start in range(first, last, step):
        ring.append(AudioChunk(at(start), (np.arange(start, start + step) % 30_000).astype(np.int16)))


def test_a_cut_gives_exactly_the_samples_of_that_time():
    ring = AudioRing(2.0)
    fill(ring, 0, 5120)
    cut = ring.cut(at(1000), at(1600))
    assert np.array_equal(cut.samples, np.arange(1000, 1600))
    assert (cut.start_ns, cut.lost, cut.pending) == (at(1000), 0, 0)


def test_a_cut_across_the_wrap_is_whole():
    ring = AudioRing(1.0)
    fill(ring, 0, 512 * 50)
    assert np.array_equal(ring.cut(at(16_000 - 300), at(16_000 + 300)).samples, np.arange(15_700, 16_300))


def test_what_was_overwritten_is_reported_as_lost():
    ring = AudioRing(1.0)
    fill(ring, 0, 512 * 50)
    cut = ring.cut(at(0), at(512 * 50))
    assert cut.lost == 512 * 50 - 16_000
    assert len(cut.samples) == 16_000
    assert cut.start_ns == ring.start_ns == at(512 * 50 - 16_000)


def test_what_has_not_arrived_is_reported_as_pending():
    ring = AudioRing(1.0)
    fill(ring, 0, 1024)
    cut = ring.cut(at(512), at(2048))
    assert (len(cut.samples), cut.pending) == (512, 1024)
    future = ring.cut(at(3000), at(3100))
    assert (len(future.samples), future.pending) == (0, 100)


def test_a_cut_from_before_the_first_sample_is_lost_not_invented():
    ring = AudioRing(1.0)
    fill(ring, 0, 1024)
    cut = ring.cut(at(-200), at(100))
    assert (cut.lost, len(cut.samples)) == (200, 100)
    assert ring.cut(at(-200), at(-100)).samples.size == 0


def test_an_empty_ring_holds_nothing():
    cut = AudioRing(1.0).cut(at(0), at(10))
    assert (cut.samples.size, cut.pending) == (0, 10)


def test_a_gap_becomes_silence_of_the_same_length():
    ring = AudioRing(2.0)
    fill(ring, 0, 512)
    fill(ring, 4512, 5024)
    assert (ring.gaps, ring.filled) == (1, 4000)
    cut = ring.cut(at(500), at(4600))
    assert not cut.samples[12:4012].any()
    assert np.array_equal(cut.samples[4012:], np.arange(4512, 4600))


def test_jitter_of_a_few_samples_is_no_gap():
    ring = AudioRing(1.0)
    for index in range(10):
        ring.append(AudioChunk(at(index * 512) + (index % 3) * 1_000_000, np.full(512, index, np.int16)))
    assert (ring.gaps, ring.filled) == (0, 0)
    assert ring.end_ns == at(5120)


def test_overlapping_audio_is_not_written_twice():
    ring = AudioRing(1.0)
    fill(ring, 0, 2048)
    ring.append(AudioChunk(at(1536), np.full(1024, 7, np.int16)))
    assert ring.overlapped == 512
    assert ring.end_ns == at(2560)
    assert ring.cut(at(2047), at(2560)).samples.tolist() == [2047] + [7] * 512


def test_a_jump_beyond_the_capacity_starts_afresh():
    ring = AudioRing(1.0)
    fill(ring, 0, 1024)
    ring.append(AudioChunk(at(-1_000_000), np.ones(512, np.int16)))
    assert ring.cut(at(-1_000_000), at(-999_488)).samples.sum() == 512
    assert ring.start_ns == at(-1_000_000)


def test_a_chunk_longer_than_the_ring_leaves_its_end():
    ring = AudioRing(0.1)
    ring.append(AudioChunk(at(0), np.arange(4000, dtype=np.int16)))
    assert np.array_equal(ring.cut(at(3000), at(4000)).samples, np.arange(3000, 4000))
