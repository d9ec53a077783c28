"""Any rate and channel count to 16 kHz mono, piece by piece or whole. Apart because it is the only user of soxr."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from voice_pipeline.audio.formats import SAMPLE_RATE, AudioFormat, Int16
from voice_pipeline.errors import VoiceError

MIX = -1  # channel: the mean of all


def to_mono(samples: Int16, channel: int = MIX) -> Int16:
    """int16[n, channels] as int16[n]: one channel, or with MIX the mean of all.

    Raises:
        VoiceError: there is no such channel.
    """
    count = samples.shape[1]
    if channel == MIX:
        if count == 1:
            return samples[:, 0]
        mean: npt.NDArray[np.float64] = samples.mean(axis=1)
        return np.rint(mean).astype(np.int16)
    if not 0 <= channel < count:
        raise VoiceError(
            f"channel {channel} was asked for, the audio has {count} (0..{count - 1}).",
            "Set `channel` to one of them, or to -1 for the mean of all.",
        )
    return np.ascontiguousarray(samples[:, channel])


def resample(samples: Int16, rate: int) -> Int16:
    """A whole recording int16[n] at `rate` Hz as int16[m] at 16 kHz; the first sample stays the first."""
    if rate == SAMPLE_RATE or len(samples) == 0:
        return samples
    result: Int16 = soxr.resample(samples, rate, SAMPLE_RATE, quality="HQ")
    return result


class StreamResampler:
    """Converts a stream to 16 kHz mono int16.

    Output sample k is the input at time k / 16000: nothing is shifted, only delivered later (about 37 ms from
    48 kHz, 0 from 16 kHz; soxr's HQ keeps sibilants, its LQ would save 17 ms and cut at 5 kHz).

    Args:
        source: rate and channels of the input.
        channel: which channel to take, MIX for the mean of all.
    """

    def __init__(self, source: AudioFormat, channel: int = MIX) -> None:
        self.source = source
        self._channel = channel
        self._stream = (
            None
            if source.sample_rate == SAMPLE_RATE
            else soxr.ResampleStream(source.sample_rate, SAMPLE_RATE, 1, dtype="int16", quality="HQ")
        )

    def process(self, samples: Int16, last: bool = False) -> Int16:
        """int16[n] interleaved in, int16[m] at 16 kHz out; m is 0 while the filter fills. `last` flushes it.

        Raises:
            VoiceError: n is no multiple of the channel count, or the channel does not exist.
        """
        channels = self.source.channels
        if len(samples) % channels:
            raise VoiceError(
                f"{len(samples)} samples are no whole number of frames of {channels} channels.",
                "Check that the audio and its AudioInfo belong together.",
            )
        mono = to_mono(samples.reshape(-1, channels), self._channel)
        if self._stream is None:
            return mono
        result: Int16 = self._stream.resample_chunk(mono, last=last)
        return result
