"""Several requests in one breath: each is done once and in order; where one part is not understood, no rule does the rest."""

import pytest

from voice_pipeline.dialogue.books import Books
from voice_pipeline.dialogue.phrase_files import load_shipped
from voice_pipeline.dialogue.shared_words import completed
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource
from voice_pipeline.ros.introspect import RosInterfaces


@pytest.fixture(scope="module")
def books():
    file = load(resource("config/tools.yaml"), RosInterfaces())
    return Books(file, "en", load_shipped("config/phrases", "config/tools.yaml", file))


def asked(books, language, text):
    """What the rules call: name or direction of each call; None where the model is asked."""
    book, parts = books.choose(text, language, 3)
    calls = book.calls(parts)
    names = ("name", "direction", "how")
    return calls and [next((c.arguments[n] for n in names if n in c.arguments), c.name) for c in calls]


@pytest.mark.parametrize(
    ("language", "text", "calls"),
    [
        ("en", "Look left and then right.", ["left", "right"]),
        ("en", "Could you look up and then down, please?", ["up", "down"]),
        ("en", "Give me a nod and a wave.", ["nod", "wave"]),
        ("de", "Schau nach oben, dann nach unten.", ["up", "down"]),
        ("fr", "Regarde en haut, puis en bas.", ["up", "down"]),
        ("es", "Mira primero a la derecha y después a la izquierda.", ["right", "left"]),
    ],
)
def test_a_verb_said_once_counts_for_both(books, language, text, calls):
    assert asked(books, language, text) == calls


@pytest.mark.parametrize(
    ("language", "text", "calls"),
    [
        ("en", "Look left, no, right.", ["right"]),
        ("de", "Schau nach links, nein, nach rechts.", ["right"]),
        ("fr", "Regarde à gauche, non, à droite.", ["right"]),
        ("ja", "左、いや、右を見て。", ["right"]),
    ],
)
def test_a_correction_of_one_word_replaces_what_it_corrects(books, language, text, calls):
    assert asked(books, language, text) == calls


@pytest.mark.parametrize(
    ("language", "text", "calls"),
    [
        ("en", "Nod. After that, wave.", ["nod", "wave"]),
        ("en", "Nod, and when you're done, look up.", ["nod", "up"]),
        ("en", "Give me a nod followed by a wave.", ["nod", "wave"]),
        ("de", "Nick mal und schau dann nach links.", ["nod", "left"]),
        ("de", "Tanz ein bisschen und geh danach schlafen.", ["dance", "sleep"]),
        ("es", "Mira arriba y a continuación asiente.", ["up", "nod"]),
        ("ja", "うなずいてから左を見て。", ["nod", "left"]),
    ],
)
def test_words_for_then_part_two_requests_wherever_they_stand(books, language, text, calls):
    assert asked(books, language, text) == calls


@pytest.mark.parametrize(
    ("language", "text", "calls"),
    [
        ("es", "Mira arriba y mira a la izquierda.", ["up", "left"]),
        ("fr", "Dis bonjour et regarde-moi.", ["greet", "ahead"]),
        ("en", "Say hello to Anna and then look left, please.", ["greet", "left"]),
        ("en", "Nod if you see the bird and look left.", ["nod", "left"]),
    ],
)
def test_no_phrase_swallows_a_second_command(books, language, text, calls):
    assert asked(books, language, text) == calls


@pytest.mark.parametrize(
    "text",
    [
        "Look left and then at the thing that I bought.",
        "Show me your happy face, then your sad one.",
        "Look left, then your turn.",
        "Dance and I will tell you why the sky is blue, which you asked.",
        "Nod, then the thing with the hat.",
    ],
)
def test_where_one_part_is_not_understood_no_rule_does_the_other(books, text):
    assert asked(books, "en", text) is None


@pytest.mark.parametrize(
    ("language", "text", "calls"),
    [
        ("en", "Nod but don't look left.", ["nod"]),
        ("de", "Hör auf, nach oben zu schauen.", ["stop"]),
        ("de", "Nick, aber schau nicht nach rechts.", ["nod"]),
        ("es", "Asiente, pero no mires a la derecha.", ["nod"]),
        ("en", "Don't look left or right.", None),
        ("en", "Don't look left and then right.", None),
        ("de", "Schau nicht nach links und dann nach rechts.", None),
    ],
)
def test_nothing_is_completed_from_a_refusal_and_no_refused_part_is_done(books, language, text, calls):
    assert asked(books, language, text) == calls


@pytest.mark.parametrize("text", ["Turn your head, right?", "Look up, you know.", "Nod, okay?"])
def test_a_word_that_only_rounds_off_is_no_second_command(books, text):
    assert len(asked(books, "en", text) or [""]) == 1


def test_what_is_completed_is_a_command_of_the_same_tool_with_other_arguments(books):
    find = books.choose("nod", "en", 3)[0].phrases.match
    assert completed("right", "look left", find, spaces=True) == "look right"
    assert completed("left", "look left", find, spaces=True) == ""  # the same again
    assert completed("sad", "look left", find, spaces=True) == ""  # another tool
    assert completed("right", "look at nothing known", find, spaces=True) == ""


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I forgot to turn the volume up."),
        ("en", "Tell him to look up at the ceiling."),
        ("en", "Did you look up at the ceiling?"),
        ("en", "It is impossible to turn the volume up."),
        ("en", "When people shake your head, they agree."),
        ("en", "I will look up at the ceiling later."),
        ("de", "Ich muss lauter sprechen."),
        ("de", "Können Roboter aufwachen?"),
        ("de", "Lass mich schlafen gehen."),
        ("es", "Mi madre niega con la cabeza."),
        ("es", "¿Qué significa negar con la cabeza?"),
    ],
)
def test_a_command_told_of_asked_about_or_done_by_somebody_else_moves_nothing(books, language, text):
    assert asked(books, language, text) is None


@pytest.mark.parametrize("text", ["Mum, you look so tired tonight.", "Of course, you look so tired tonight."])
def test_what_is_said_to_somebody_else_is_no_hint(books, text):
    assert asked(books, "en", "You look so tired tonight.") == ["sleep"]
    assert asked(books, "en", text) is None
