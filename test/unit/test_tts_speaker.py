"""From text to sound, with a voice that a test can hold."""

import numpy as np
import pytest

from voice_fakes import RATE, FakeSynthesizer
from voice_pipeline.tts.backstage import Backstage
from voice_pipeline.tts.maker import Maker
from voice_pipeline.tts.protocol import Cancellation, Cancelled
from voice_pipeline.tts.sounds import Sounds
from voice_pipeline.tts.speaker import Speaker
from voice_pipeline.tts.words import Words


def make_speaker(voice, phrases=64):
    maker, sounds = Maker(voice, {}), Sounds(phrases)
    return Speaker(maker, sounds, Backstage(maker, sounds, lambda: None, lambda error: None))


def pieces(*texts):
    return [Words(text, "anna", 1.0) for text in texts]


def say(speaker, text, speed=1.0, cancellation=None):
    return list(speaker.speak(speaker.cut(Words(text, "anna", speed)), cancellation or Cancellation()))


def test_the_silence_of_the_voice_is_not_passed_on():
    sounds = say(make_speaker(FakeSynthesizer()), "Hello there, friend.")
    samples = np.concatenate([s.samples for s in sounds])
    assert len(samples) / RATE == pytest.approx(0.015 + 1.0 + 0.3, abs=0.01)
    assert sum(s.characters for s in sounds) == len("Hello there, friend.")


def test_a_phrase_said_before_is_not_synthesised_again():
    voice = FakeSynthesizer()
    speaker = make_speaker(voice, 2)
    first = np.concatenate([s.samples for s in say(speaker, "Sure.")])
    again = np.concatenate([s.samples for s in say(speaker, "Sure.")])
    assert np.array_equal(first, again)
    assert len(voice.said) == 1
    say(speaker, "Sure.", speed=1.5)
    assert len(voice.said) == 2


def test_the_least_recently_used_phrase_is_forgotten():
    voice = FakeSynthesizer()
    speaker = make_speaker(voice, 2)
    for text in ("One.", "Two.", "One.", "Three.", "One.", "Two."):
        say(speaker, text)
    assert [s[0] for s in voice.said] == ["One.", "Two.", "Three.", "Two."]


def test_a_phrase_that_was_cut_off_is_not_remembered():
    voice = FakeSynthesizer()
    speaker = make_speaker(voice)
    sounds = speaker.speak(pieces("Sure."), Cancellation())
    next(sounds)
    sounds.close()
    say(speaker, "Sure.")
    assert len(voice.said) == 2


def test_cancelling_stops_before_the_next_piece():
    cancellation = Cancellation()
    voice = FakeSynthesizer()
    sounds = make_speaker(voice).speak(pieces("One.", "Two."), cancellation)
    while not next(sounds).characters:
        pass
    cancellation.set()
    with pytest.raises(Cancelled):
        list(sounds)
    assert len(voice.said) == 1


def test_a_late_listener_of_a_cancellation_is_called_at_once():
    cancellation = Cancellation()
    cancellation.set()
    called = []
    cancellation.on_set(lambda: called.append(1))
    cancellation.set()
    assert called == [1]
