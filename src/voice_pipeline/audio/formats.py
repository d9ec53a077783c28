"""The audio format between capture and recognition, and conversions to and from it. Apart: every stage uses it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voice_pipeline.errors import VoiceError

Int16 = npt.NDArray[np.int16]
Float32 = npt.NDArray[np.float32]

SAMPLE_RATE = 16_000  # Hz; what Silero and Whisper were trained on
CHUNK_SAMPLES = 512  # 32 ms: one frame of Silero at 16 kHz
NS = 1_000_000_000
FULL_SCALE = 32_768.0  # int16 -32768 is float -1.0


def samples_to_ns(samples: int, rate: int = SAMPLE_RATE) -> int:
    """Duration of a number of samples in ns, rounded to the nearest."""
    return (samples * NS + rate // 2) // rate


def ns_to_samples(duration_ns: int, rate: int = SAMPLE_RATE) -> int:
    """Number of samples in a duration in ns (may be negative), rounded to the nearest."""
    return (duration_ns * rate + NS // 2) // NS


@dataclass(frozen=True)
class AudioFormat:
    """Rate in Hz and number of interleaved channels of S16LE audio."""

    sample_rate: int = SAMPLE_RATE
    channels: int = 1


@dataclass(frozen=True)
class AudioChunk:
    """Mono audio at 16 kHz.

    Args:
        stamp_ns: capture time of the first sample, ns since the epoch, from the sample clock.
        samples: int16[n].
    """

    stamp_ns: int
    samples: Int16

    @property
    def end_ns(self) -> int:
        """Capture time just after the last sample, ns."""
        return self.stamp_ns + samples_to_ns(len(self.samples))


def to_int16(samples: npt.NDArray[Any]) -> Int16:
    """float[...] in -1..1 as int16[...]: clipped, not wrapped; NaN becomes 0. int16 passes through."""
    if samples.dtype == np.int16:
        return samples
    scaled = np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=1.0, neginf=-1.0) * FULL_SCALE
    clipped: Int16 = np.clip(np.rint(scaled), -32_768, 32_767).astype(np.int16)
    return clipped


def to_float(samples: Int16) -> Float32:
    """int16[...] as float32[...] in -1..1."""
    scaled: Float32 = samples.astype(np.float32) / np.float32(FULL_SCALE)
    return scaled


def to_bytes(samples: Int16) -> bytes:
    """int16[...] as S16LE bytes, on a machine of either endianness."""
    return samples.astype("<i2", copy=False).tobytes()


def from_bytes(data: Any) -> Int16:
    """S16LE bytes (bytes, array('B'), uint8[n]) as int16[n].

    Raises:
        VoiceError: an odd number of bytes, which is no 16-bit audio.
    """
    view = memoryview(data)
    if view.nbytes % 2:
        raise VoiceError(
            f"{view.nbytes} bytes are no whole number of 16-bit samples.", "Send S16LE audio (sample_format S16LE)."
        )
    return np.frombuffer(view, dtype="<i2").astype(np.int16, copy=False)


def mean_square(samples: npt.NDArray[Any]) -> float:
    """Mean power relative to full scale, 0..1. int16[n] or float[n]; NaN counts as silence, nothing gives 0."""
    if samples.size == 0:
        return 0.0
    values = samples.astype(np.float64)
    if samples.dtype == np.int16:
        values /= FULL_SCALE
    return float(np.mean(np.square(np.nan_to_num(values, nan=0.0))))


def power_to_dbfs(power: float) -> float:
    """Mean power (0..1) in dB relative to full scale; -inf for digital silence."""
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf


def level_dbfs(samples: npt.NDArray[Any]) -> float:
    """RMS level in dB relative to full scale (<= 0); -inf for digital silence and for no samples."""
    return power_to_dbfs(mean_square(samples))
