"""Speech and tool calls told apart in what a model writes."""

import pytest

from voice_pipeline.dialogue.output import ReplyParser, Unreadable, read_call
from voice_pipeline.dialogue.protocol import ToolCallRequest

NOD = ToolCallRequest("play_move", {"name": "nod"})


def parse(text, size=4):
    parser = ReplyParser()
    pieces = []
    for i in range(0, len(text), size):
        pieces += parser.feed(text[i : i + size])
    pieces += parser.flush()
    joined = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def test_plain_text_passes_at_once():
    parser = ReplyParser()
    assert parser.feed("Hel") == ["Hel"]
    assert parser.feed("lo") == ["lo"]


@pytest.mark.parametrize("size", [1, 5, 500])
@pytest.mark.parametrize(
    "text",
    [
        '{"tool": "play_move", "arguments": {"name": "nod"}}',
        ' \n{"tool": "play_move", "arguments": {"name": "nod"}}\n',
        '```json\n{"tool": "play_move", "arguments": {"name": "nod"}}\n```',
        '<tool_call>\n{"name": "play_move", "arguments": {"name": "nod"}}\n</tool_call>',
        "{'tool': 'play_move', 'arguments': {'name': 'nod'},}",
        '{"tool": "play_move", "arguments": {"name": "nod"}',
        '{"tool": "play_move", "arguments": {"name": "nod',
        '{"name": "play_move", "parameters": {"name": "nod"}}',
        '{"function": {"name": "play_move", "arguments": "{\\"name\\": \\"nod\\"}"}}',
        '{"tool": "play_move", "name": "nod"}',
        '{"play_move": {"name": "nod"}}',
        '[{"tool": "play_move", "arguments": {"name": "nod"}}]',
    ],
)
def test_a_call_is_read_in_every_form_that_models_write(text, size):
    assert [p for p in parse(text, size) if not isinstance(p, str) or p.strip()] == [NOD]


def test_several_calls_and_words_come_in_order():
    text = 'Sure! {"tool": "play_move", "arguments": {"name": "nod"}}\n{"tool": "stop", "arguments": {}} Done.'
    assert parse(text) == ["Sure! ", NOD, ToolCallRequest("stop", {}), " Done."]


def test_a_brace_in_a_string_does_not_end_the_call():
    assert parse('{"tool": "note", "arguments": {"text": "a } b"}}') == [ToolCallRequest("note", {"text": "a } b"})]


@pytest.mark.parametrize("text", ["{", "{}", '{"a": 1, "b": 2}', "{nonsense: [}", '{"tool": 5}', "{" * 900, "{[" * 500])
def test_nonsense_in_braces_is_neither_spoken_nor_called(text):
    pieces = parse(text)
    assert all(isinstance(p, Unreadable) for p in pieces)
    assert pieces


def test_signs_that_look_like_markup_are_text():
    assert parse("1 < 2 and `x`") == ["1 < 2 and `x`"]


def test_reading_evaluates_nothing():
    assert isinstance(read_call("{'tool': __import__('os').system('true')}"), Unreadable)
