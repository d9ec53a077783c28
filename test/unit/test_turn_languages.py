"""Words that stop the robot, that only listen, and that go on, in the languages besides English; and that English is
judged as before."""

import pytest

from voice_pipeline.turn.completeness import incomplete, whole
from voice_pipeline.turn.words import is_command_to_stop, real_words, wants_the_turn


@pytest.mark.parametrize(
    "text",
    ["Stopp!", "Halt.", "Ruhe!", "Hör auf.", "¡Alto!", "¡Basta!", "Para.", "Arrête !", "Attends.", "Tais-toi !", "Basta!",
     "Fermati.", "Chega!", "Pare.", "Silêncio.", "止まって！", "止まってください。", "ｽﾄｯﾌﾟ", "やめてよ", "静かにして。", "待って、違う"],
)  # fmt: skip
def test_a_word_that_stops_does_so_in_each_language(text):
    assert is_command_to_stop(text)
    assert wants_the_turn(text, 0.1, 2, 0.35)


@pytest.mark.parametrize(
    "text",
    ["Para mañana necesito leche.", "Espera que llueva mañana.", "Das ist gut.", "Pare-brise.", "止まっているよ"],
)
def test_what_is_also_another_word_stops_only_alone(text):
    assert not is_command_to_stop(text)


@pytest.mark.parametrize("text", ["Ja, genau.", "Sí, claro.", "Oui, d'accord.", "Sì, certo.", "Sim, pois.", "Mm-hm."])
def test_a_listeners_sounds_do_not_take_the_turn(text):
    assert real_words(text) == 0


def test_words_of_a_language_without_a_list_all_count():
    assert real_words("Какая погода сегодня") == 3
    assert incomplete("Какая погода и", "ru") == ""
    assert not whole("Да.", "ru")


@pytest.mark.parametrize(
    ("text", "language"),
    [("Ich möchte ein", "de"), ("Quiero un café y", "es"), ("Je voudrais le", "fr"), ("Vorrei un", "it"), ("Eu quero uma", "pt"),
     ("Also ich denke, äh", "de"), ("Je pense que euh", "fr")],
)  # fmt: skip
def test_a_sentence_that_ends_in_an_article_or_a_filler_goes_on(text, language):
    assert incomplete(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [("Wie spät ist es?", "de"), ("¿Qué hora es?", "es"), ("Quelle heure est-il ?", "fr"), ("Che ora è?", "it"),
     ("Que horas são?", "pt"), ("Mach das Licht an.", "de"), ("Annuler.", "fr")],
)  # fmt: skip
def test_whole_sentences_may_end(text, language):
    assert incomplete(text, language) == ""


@pytest.mark.parametrize(
    ("text", "language"), [("Stopp.", "de"), ("Basta.", "es"), ("Arrête.", "fr"), ("Sì.", "it"), ("Não.", "pt")]
)
def test_words_that_people_say_alone_are_whole(text, language):
    assert whole(text, language)
