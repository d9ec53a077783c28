"""Harder than the recordings: babble of as many readers as one likes, noise that the detector was fooled by, and speech in
noise. Each is made of one half of the files alone, so that what is chosen on a half is reported on the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bench.hearing.words_heard import Heard, as_heard, hear_samples

from voice_pipeline.asr.protocol import Transcriber
from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import SAMPLE_RATE, Int16, level_dbfs, to_float
from voice_pipeline.commands._audio_folder import Recording, load_folder
from voice_pipeline.vad.protocol import VoiceActivityDetector

_READERS = (6, 8, 10, 12)
_BABBLE_S = 9
_CUTS_S = (1.3, 3.0, 6.0)
_SNR_DB = (10, 5)
_PRE_ROLL_S = 0.4
_WITH_WORDS = ("song_with_vocals.wav",)


def babble(audio: Path, engine: Transcriber, detector: VoiceActivityDetector, language: str) -> Iterator[Heard]:
    """16 mixtures of clean readers, as the detector cuts them and their first 1.5 and 3 s."""
    rng = np.random.default_rng(1)
    for index in range(4 * len(_READERS)):
        half, readers = index % 2, _READERS[index // 4]
        rows = [r for i, r in enumerate(load_folder(audio / "dev")) if i % 2 == half and _long(r)]
        mix = np.zeros(_BABBLE_S * SAMPLE_RATE)
        for chosen in rng.choice(len(rows), readers, replace=False):
            voice = read_recording(rows[chosen].path).samples.astype(float)
            voice = np.resize(np.roll(voice, rng.integers(len(voice))), len(mix))
            mix += voice / np.sqrt(np.mean(voice**2)) * 10 ** (rng.uniform(-3, 3) / 20)
        samples = _scaled(mix, 2_000)
        yield from hear_samples(f"babble of {readers}", half, None, index, samples, engine, detector, language)
        for seconds in (1.5, 3.0):
            cut = samples[: int(seconds * SAMPLE_RATE)]
            yield _whole(f"{seconds} s of babble", half, index, cut, engine, language)


def fooled(audio: Path, engine: Transcriber, language: str) -> Iterator[Heard]:
    """Every noise in pieces, as if the detector took it for speech."""
    for index, recording in enumerate(load_folder(audio / "noise")):
        if recording.path.name in _WITH_WORDS:
            continue
        samples = read_recording(recording.path).samples
        for seconds in _CUTS_S:
            n = int(seconds * SAMPLE_RATE)
            for at in range(0, max(1, len(samples) - n), max(n, 2 * SAMPLE_RATE)):
                piece = samples[at : at + n]
                yield _whole(recording.path.name, index % 2, int(10 * seconds), piece, engine, language)


def in_noise(audio: Path, engine: Transcriber, detector: VoiceActivityDetector, language: str) -> Iterator[Heard]:
    """Every clean recording of a person in a noise of the same half, at 10 and 5 dB."""
    rng = np.random.default_rng(2)
    noises = [r.path for r in load_folder(audio / "noise") if r.path.name not in (*_WITH_WORDS, "digital_silence.wav")]
    for index, recording in enumerate(load_folder(audio / "dev")):
        if "__" in recording.path.name:
            continue  # noisy already
        voice = read_recording(recording.path).samples.astype(float)
        for snr in _SNR_DB:
            path = noises[2 * int(rng.integers(len(noises) // 2)) + index % 2]
            noise = np.resize(read_recording(path).samples.astype(float), len(voice))
            gain = np.sqrt(np.mean(voice**2) / (np.mean(noise**2) + 1e-9)) * 10 ** (-snr / 20)
            name = f"{recording.path.name} in {path.stem}"
            samples = (voice + gain * noise).clip(-32768, 32767).astype(np.int16)
            yield from hear_samples(name, index % 2, recording.transcript, snr, samples, engine, detector, language)


def _whole(name: str, half: int, variant: int, samples: Int16, engine: Transcriber, language: str) -> Heard:
    heard = engine.transcribe(to_float(samples), language)
    seconds = len(samples) / SAMPLE_RATE
    return as_heard(name, half, None, variant, heard, level_dbfs(samples), 1.0, seconds, seconds)


def _long(recording: Recording) -> bool:
    return recording.path.name.startswith(("long_", "sentence_")) and "__" not in recording.path.name


def _scaled(samples: Any, rms: float) -> Int16:
    scaled: Int16 = (samples / np.sqrt(np.mean(samples**2)) * rms).clip(-32768, 32767).astype(np.int16)
    return scaled
