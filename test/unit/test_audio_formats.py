"""Conversions between bytes, int16 and float, levels, and the arithmetic of samples and nanoseconds."""

import array
import math
import warnings

import numpy as np
import pytest

from voice_pipeline.audio.formats import (
    AudioChunk,
    from_bytes,
    level_dbfs,
    ns_to_samples,
    samples_to_ns,
    to_bytes,
    to_float,
    to_int16,
)
from voice_pipeline.errors import VoiceError


def test_float_too_loud_is_clipped_not_wrapped():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        converted = to_int16(np.array([2.0, -2.0, np.nan, np.inf, -np.inf]))
    assert converted.tolist() == [32767, -32768, 0, 32767, -32768]


def test_int16_survives_the_way_through_float_and_bytes():
    samples = np.arange(-32768, 32767, 97, dtype=np.int16)
    assert np.array_equal(to_int16(to_float(samples)), samples)
    assert np.array_equal(from_bytes(to_bytes(samples)), samples)
    assert np.array_equal(from_bytes(array.array("B", to_bytes(samples))), samples)


def test_bytes_are_little_endian():
    assert to_bytes(np.array([1], np.int16)) == b"\x01\x00"


def test_half_a_sample_is_refused():
    with pytest.raises(VoiceError, match="3 bytes"):
        from_bytes(b"abc")


def test_level_of_a_full_scale_sine_is_minus_three_decibels():
    sine = to_int16(np.sin(np.arange(16_000) * 0.1))
    assert level_dbfs(sine) == pytest.approx(-3.01, abs=0.05)
    assert level_dbfs(sine // 10) == pytest.approx(-23.01, abs=0.1)


def test_level_of_silence_nothing_and_nan():
    assert level_dbfs(np.zeros(10, np.int16)) == -math.inf
    assert level_dbfs(np.zeros(0, np.int16)) == -math.inf
    assert level_dbfs(np.array([np.nan, 1.0])) == pytest.approx(-3.01, abs=0.01)


def test_time_and_samples_do_not_drift_over_a_day():
    samples = 24 * 3600 * 16_000 + 1
    assert ns_to_samples(samples_to_ns(samples)) == samples
    assert samples_to_ns(44_100, 44_100) == 1_000_000_000


def test_a_chunk_knows_where_it_ends():
    assert AudioChunk(1_000, np.zeros(512, np.int16)).end_ns == 32_001_000
