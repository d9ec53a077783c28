"""In which language and voice a turn is answered, what the model is told of it, and that its history only grows."""

import threading

import pytest

from voice_pipeline.dialogue.history import History
from voice_pipeline.dialogue.protocol import Message
from voice_pipeline.dialogue.stock import IN_OTHER_WORDS
from voice_pipeline.dialogue.tongues import Tongues, parse_voices, with_hint
from voice_pipeline.errors import VoiceError
from voice_pipeline.nodes._dialogue_parameters import CONVERSATION, TURN

VOICES = ["en=af_sarah", "fr=ff_siwis"]


def heard(language, voices=VOICES, profile="en"):
    tongues = Tongues(profile, voices)
    return tongues, tongues.heard("u1", language)


def test_a_question_is_answered_in_its_language_where_there_is_a_voice():
    tongues, missing = heard("fr")
    assert (tongues.voice("u1"), tongues.hint("u1"), missing) == ("ff_siwis", "(Answer in French.)", "")


def test_without_a_voice_for_it_the_answer_is_in_the_profiles_language_and_that_is_said_once():
    tongues, missing = heard("de")
    assert (tongues.voice("u1"), tongues.hint("u1"), missing) == ("af_sarah", "(Answer in English.)", "de")
    assert tongues.heard("u2", "de") == ""
    assert tongues.heard("u3", "sv") == "sv"


@pytest.mark.parametrize("language", ["en", ""])
def test_the_profiles_own_language_needs_no_hint(language):
    tongues, missing = heard(language)
    assert (tongues.voice("u1"), tongues.hint("u1"), missing) == ("af_sarah", "", "")


def test_without_voices_nothing_changes_whatever_was_heard():
    tongues, missing = heard("fr", [])
    assert (tongues.voice("u1"), tongues.hint("u1"), missing) == ("", "", "")
    assert tongues.phrase("One moment.", "u1") == "One moment."


def test_a_typed_question_has_the_profiles_language():
    tongues, _ = heard("fr")
    assert (tongues.voice(""), tongues.hint("")) == ("af_sarah", "")


def test_each_utterance_keeps_its_own_language():
    tongues, _ = heard("fr")
    tongues.heard("u2", "en")
    assert (tongues.of("u1"), tongues.of("u2")) == ("fr", "en")
    for number in range(3, 100):
        tongues.heard(f"u{number}", "en")
    assert tongues.of("u1") == "en"  # long forgotten


def test_fixed_texts_are_said_in_the_language_of_the_answer():
    tongues, _ = heard("fr")
    assert tongues.phrase("Sorry, I can't do that.", "u1") == "Désolé, je ne peux pas faire ça."
    assert tongues.phrase("My own words.", "u1") == "My own words."
    assert heard("de")[0].phrase("One moment.", "u1") == "One moment."


def test_every_fixed_text_of_the_parameters_has_other_wordings_in_the_same_languages():
    values = {p.name: p.default for p in (*CONVERSATION, *TURN)}
    texts = [values[n] for n in ("apology", "gave_up", "cannot", "cannot_move", "will_not", "too_late")]
    texts += values["acknowledgements"]
    assert set(IN_OTHER_WORDS) == set(texts)
    assert {frozenset(words) for words in IN_OTHER_WORDS.values()} == {frozenset({"de", "es", "fr", "it", "ja", "pt"})}


def test_what_the_model_has_read_does_not_change_behind_a_hint():
    history = History([Message("system", "Be nice.")], 8, 4096, 100)
    question = with_hint("Quelle heure est-il ?", "(Answer in French.)")
    asked = history.prompt(question)
    history.append(question, [Message("assistant", "Il est midi.")])
    assert history.prompt("And now?")[: len(asked)] == asked


@pytest.mark.parametrize("entry", ["fr", "fr=", "=ff_siwis", "french=ff_siwis"])
def test_an_entry_that_is_not_understood_names_the_form(entry):
    with pytest.raises(VoiceError, match="fr=ff_siwis"):
        parse_voices([entry])


def test_the_mind_shows_the_hint_to_the_model_only(monkeypatch):
    from voice_pipeline.dialogue.assemble import Assembled
    from voice_pipeline.dialogue.local_tools import LocalTools

    seen = {}

    class Mind:
        def needs_model(self, question, language):
            return False

        def answer(self, question, prompt, cancel, listener, gate, language, answer_in, hint):
            seen.update(question=question, last=prompt[-1].content, language=language, answer_in=answer_in)

    mind = Assembled.__new__(Assembled)
    mind.ready, mind._next, mind._warming = True, None, None
    mind.history = History([], 8, 4096, 100)
    mind._mind, mind.local = Mind(), LocalTools()
    mind.answer("Quelle heure est-il ?", threading.Event(), None, None, "(Answer in French.)", "fr", "en")
    assert seen == {
        "question": "Quelle heure est-il ?",
        "last": "Quelle heure est-il ? (Answer in French.)",
        "language": "fr",
        "answer_in": "en",
    }
