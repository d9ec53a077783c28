"""What is suggested for a misspelt word."""

from voice_pipeline.suggestions import did_you_mean, nearest


def test_the_likest_option_is_suggested_and_nothing_where_none_is_like_the_word():
    assert did_you_mean("tst", ["tts", "asr"]) == " Did you mean 'tts'?"
    assert did_you_mean("xyz", ["tts", "asr"]) == ""
    assert nearest("motoin", ["motion", "dialogue"]) == ["motion"]


def test_several_options_and_how_they_are_written():
    assert did_you_mean("anna", ["hanna", "anne", "otto"], shown="<{}>", most=2).startswith(" Did you mean <")
    assert " or " in did_you_mean("anna", ["hanna", "anne", "otto"], shown="{}", most=2)


def test_how_like_it_has_to_be():
    assert nearest("abcd", ["abxy"], likeness=0.4) == ["abxy"]
    assert nearest("abcd", ["abxy"], likeness=0.9) == []
