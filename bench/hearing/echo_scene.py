"""A loudspeaker, a room and a microphone in arithmetic: what was played comes back delayed, reverberant and quieter."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from voice_pipeline.audio.echo.gate import HalfDuplexGate
from voice_pipeline.audio.echo.protocol import EchoStage
from voice_pipeline.audio.echo.reference import PlayedReference
from voice_pipeline.audio.echo.registry import make_canceller
from voice_pipeline.audio.echo.software import SoftwareEcho
from voice_pipeline.audio.formats import (
    CHUNK_SAMPLES,
    SAMPLE_RATE,
    AudioChunk,
    AudioFormat,
    Int16,
    ns_to_samples,
    samples_to_ns,
)

Signal = npt.NDArray[np.float64]

START_NS = 1_700_000_000_000_000_000
PLAYED_RATE = 24_000
_BLOCK = 480  # 20 ms, as audio_player writes


@dataclass(frozen=True)
class Path:
    """From the loudspeaker to the microphone.

    Args:
        delay_s: of the direct sound, against the stamps.
        level_db: of the echo against what was played.
        t60_s: reverberation time; the tail holds a quarter of the energy.
        delay_later_s: the delay from the middle on; None keeps it.
        drift_ppm: by how much the microphone's clock is slower.
        clip_at: the loudspeaker's amplifier clips there, of 32768; 0 never.
        noise: RMS of the microphone's own noise.
    """

    delay_s: float = 0.06
    level_db: float = -10.0
    t60_s: float = 0.4
    delay_later_s: float | None = None
    drift_ppm: float = 0.0
    clip_at: float = 0.0
    noise: float = 8.0

    def echo(self, played: Signal, seed: int = 1) -> Signal:
        """float64[n] at 16 kHz of what comes back of float64[n]."""
        loud = np.clip(played, -self.clip_at, self.clip_at) if self.clip_at else played
        wet = _convolved(loud, _room(self.t60_s, seed)) * 10 ** (self.level_db / 20)
        late = _shifted(wet, self.delay_s, self.drift_ppm)
        if self.delay_later_s is None:
            return late
        half = len(late) // 2
        return np.concatenate((late[:half], _shifted(wet, self.delay_later_s, self.drift_ppm)[half:]))

    def microphone(self, played: Signal, near: Signal | None = None, seed: int = 1) -> Int16:
        """int16[n]: echo, a person (float64[n]) and noise."""
        noise = np.random.default_rng(seed).normal(0.0, self.noise, len(played))
        total = self.echo(played, seed) + noise + (0.0 if near is None else near)
        clipped: Int16 = np.clip(np.rint(total), -32_768, 32_767).astype(np.int16)
        return clipped


def make_stage(mode: str, reference: PlayedReference) -> EchoStage | None:
    """off, gate, software, or software+noise (with noise suppression)."""
    if mode == "off":
        return None
    if mode == "gate":
        return HalfDuplexGate(reference, 0.5)
    return SoftwareEcho(make_canceller(suppress_noise=mode.endswith("+noise")), reference, 0.0)


def run(mode: str, microphone: Int16, played: Signal) -> tuple[Int16, EchoStage | None]:
    """What goes out for int16[n], chunk by chunk as in audio_capture; what is played (float64[n] at 16 kHz) comes in blocks
    of 20 ms at 24 kHz, each when it begins, as players tell it; nothing comes while it is silent."""
    reference = PlayedReference()
    stage = make_stage(mode, reference)
    at_24k: Int16 = soxr.resample(np.clip(np.rint(played), -32_768, 32_767).astype(np.int16), SAMPLE_RATE, PLAYED_RATE)
    out: list[AudioChunk] = []
    block = 0
    for at in range(0, len(microphone) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        chunk = AudioChunk(START_NS + samples_to_ns(at), microphone[at : at + CHUNK_SAMPLES])
        while START_NS + samples_to_ns(block, PLAYED_RATE) <= chunk.end_ns:
            piece = at_24k[block : block + _BLOCK]
            if len(piece) == _BLOCK and piece.any():
                reference.push(piece, AudioFormat(PLAYED_RATE, 1), START_NS + samples_to_ns(block, PLAYED_RATE))
            block += _BLOCK
        out += [chunk] if stage is None else stage.process(chunk)
    out += [] if stage is None else stage.flush()
    for one, other in itertools.pairwise(out):
        assert abs(one.end_ns - other.stamp_ns) <= 1, "the stamps of what goes out have a gap"
    assert ns_to_samples(out[0].stamp_ns - START_NS) == 0
    return np.concatenate([c.samples for c in out]), stage


def _room(t60_s: float, seed: int) -> Signal:
    """An impulse response of energy 1: the direct sound and a tail of decaying noise."""
    n = int(t60_s * SAMPLE_RATE)
    tail = np.random.default_rng(seed).normal(size=n) * 10 ** (-3.0 * np.arange(n) / n)
    tail *= np.sqrt(1.0 / 3.0 / np.sum(tail**2))
    room = np.concatenate(([1.0], tail))
    scaled: Signal = room / np.sqrt(np.sum(room**2))
    return scaled


def _convolved(signal: Signal, response: Signal) -> Signal:
    n = 1 << (len(signal) + len(response)).bit_length()
    result: Signal = np.fft.irfft(np.fft.rfft(signal, n) * np.fft.rfft(response, n), n)[: len(signal)]
    return result


def _shifted(signal: Signal, delay_s: float, drift_ppm: float) -> Signal:
    at = np.arange(len(signal)) * (1.0 + drift_ppm * 1e-6) - delay_s * SAMPLE_RATE
    result: Signal = np.interp(at, np.arange(len(signal)), signal, left=0.0, right=0.0)
    return result
