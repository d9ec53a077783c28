"""The silence around a piece of speech."""

import numpy as np
import pytest

from voice_fakes import RATE, tone
from voice_pipeline.tts.maker import Maker
from voice_pipeline.tts.protocol import Cancellation
from voice_pipeline.tts.trim import SilenceTrimmer, pause_after
from voice_pipeline.tts.words import Words


def padded(lead_s=0.4, sound_s=0.5, tail_s=0.65):
    zeros = lambda s: np.zeros(round(s * RATE), np.int16)  # noqa: E731
    return np.concatenate((zeros(lead_s), tone(sound_s), zeros(tail_s)))


def trimmed(samples, pause_s, chunk=None):
    trimmer = SilenceTrimmer(RATE, pause_s)
    chunks = [samples] if chunk is None else np.array_split(samples, len(samples) // chunk)
    return np.concatenate([*(trimmer.push(c) for c in chunks), trimmer.finish()])


def test_speech_starts_at_once_and_ends_with_the_pause():
    out = trimmed(padded(), 0.3)
    assert len(out) / RATE == pytest.approx(0.015 + 0.5 + 0.3, abs=0.005)
    assert np.flatnonzero(np.abs(out) > 100)[0] / RATE < 0.02


@pytest.mark.parametrize("chunk", [37, 240, 5000])
def test_chunks_give_the_same_as_the_whole(chunk):
    assert np.array_equal(trimmed(padded(), 0.2, chunk)[200:], trimmed(padded(), 0.2)[200:])


def test_a_voice_that_ends_abruptly_gets_its_pause():
    assert len(trimmed(padded(tail_s=0.0), 0.3)) / RATE == pytest.approx(0.815, abs=0.005)


def test_a_pause_inside_is_kept():
    whole = np.concatenate((tone(0.2), np.zeros(RATE // 2, np.int16), tone(0.2)))
    assert len(trimmed(whole, 0.0, 480)) / RATE == pytest.approx(0.9, abs=0.005)


def test_silence_alone_gives_nothing():
    assert len(trimmed(np.zeros(RATE, np.int16), 0.3, 480)) == 0


def test_no_click_where_the_silence_was_cut():
    loud = np.full(RATE, 20_000, np.int16)
    out = trimmed(loud, 0.1)
    assert np.max(np.abs(np.diff(out[: RATE // 10].astype(int)))) < 1000


def test_a_sentence_pauses_longer_than_a_clause():
    assert pause_after("Done.") > pause_after("so,") > pause_after("and")
    assert pause_after('"Done!"') == pause_after("Done.")


@pytest.mark.parametrize("engine", ["kokoro", "piper"])
def test_a_real_voice_is_audible_within_twenty_milliseconds(real_voice, engine):
    voice = real_voice(engine)
    for text in ("Sure, why not.", "Hello there.", "Five of them.", "Who is it?"):  # soft and hard beginnings
        words = Words(text, voice.default_voice, 1.0)
        sound = np.concatenate(list(Maker(voice, {}).make(words, Cancellation()))).astype(int)
        assert np.flatnonzero(np.abs(sound) > 104)[0] / voice.sample_rate <= 0.020  # 104 is -50 dBFS
