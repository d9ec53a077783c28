"""The stable part of a partial transcript is what two hypotheses agree on, and it never shrinks."""

from voice_pipeline.asr.stable_prefix import StablePrefix


def feed(*hypotheses):
    prefix = StablePrefix()
    return [prefix.update(h) for h in hypotheses]


def test_nothing_is_stable_at_first_then_what_two_agree_on():
    assert feed("please", "please nod", "please nod your hat", "please nod your head now") == [
        ("please", ""),
        ("please nod", "please"),
        ("please nod your hat", "please nod"),
        ("please nod your head now", "please nod your"),
    ]


def test_case_and_punctuation_do_not_make_words_differ():
    assert feed("Nod your", "nod, your head.")[1] == ("nod, your head.", "nod, your")


def test_what_was_stable_stays():
    shown = feed("nod your head", "nod your head", "not your hat", "")
    assert [stable for _, stable in shown] == ["", "nod your head", "nod your head", "nod your head"]
    assert shown[3][0] == "nod your head"


def test_the_stable_part_always_leads_the_text():
    for text, stable in feed("a b c", "a b d e", "x y", "a b d e f", "a b d e f g"):
        assert text.startswith(stable)


def test_the_leading_words_of_another_text_are_those_that_agree_with_what_is_stable():
    prefix = StablePrefix()
    assert prefix.leading("nod your head") == ""
    prefix.update("nod your")
    prefix.update("nod your hat")
    assert prefix.leading("Nod, your head.") == "Nod, your"
    assert prefix.leading("Not your head.") == ""
    assert prefix.leading("nod") == ""
    assert prefix.leading("") == ""
