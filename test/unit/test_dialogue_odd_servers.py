"""Servers with OpenAI's interface that are stricter, or count more oddly, than those that we know."""

import json
import threading

import pytest

import openai_server
from openai_server import OpenAiStub
from voice_pipeline.dialogue import ModelSettings, create
from voice_pipeline.dialogue.protocol import Done, GenerateOptions, Message, TextDelta, ToolCallRequest, ToolSpec

NOD = ToolSpec("nod", "Nod the head.", {"type": "object", "properties": {}})


def stream(server, messages, **settings):
    model = create(ModelSettings(engine="openai", model="tiny", host=server.host, **settings))
    model.prepare()
    return list(model.stream(messages, [NOD], threading.Event(), GenerateOptions()))


@pytest.mark.parametrize(
    "figures",
    [
        {"usage": {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 40}}},
        {"usage": {"prompt_tokens": -1, "completion_tokens": 2**70, "prompt_tokens_details": []}},
        {"usage": {"prompt_tokens": "many", "completion_tokens": None, "prompt_tokens_details": "none"}},
        {"usage": [1, 2]},
        {"timings": {"prompt_n": None, "cache_n": -3, "predicted_n": "7"}},
        {"timings": "fast"},
    ],
)
def test_figures_that_are_none_end_no_answer_and_fit_into_the_trace(monkeypatch, figures):
    def send(handler, text):
        if '"usage"' in text:
            text = f"data: {json.dumps({'choices': [], **figures})}\n\n"
        plain(handler, text)

    plain = openai_server._Handler._send
    monkeypatch.setattr(openai_server._Handler, "_send", send)
    with OpenAiStub(lambda _: ["Hello."]) as server:
        words, done = stream(server, [Message("user", "Hi")])
    assert words == TextDelta("Hello.")
    assert isinstance(done, Done)
    assert all(0 <= n < 2**32 for n in (done.prompt_tokens, done.cached_tokens, done.answer_tokens))


def test_a_mistake_that_is_shown_to_the_model_is_no_answer_to_a_call():
    shown = [Message("user", "Nod"), Message("assistant", "{nod"), Message("tool", "That is no call.", name="error")]
    with OpenAiStub(lambda _: ["Hello."]) as server:
        stream(server, shown, server_tools=True)
        sent = server.requests[-1]["messages"]
    assert [m["role"] for m in sent] == ["user", "assistant", "user"]
    assert "tool_call_id" not in sent[-1]


@pytest.mark.parametrize(("owner", "role"), [("somebody", "user"), ("llamacpp", "tool"), ("vllm", "tool")])
def test_where_calls_are_words_a_strange_server_gets_no_answer_to_a_call(owner, role):
    past = [
        Message("user", "Nod"),
        Message("assistant", "", (ToolCallRequest("nod"),)),
        Message("tool", "done", name="nod"),
    ]
    with OpenAiStub(lambda _: ["Hello."], owner=owner) as server:
        stream(server, past)
        sent = server.requests[-1]["messages"]
    assert [m["role"] for m in sent] == ["user", "assistant", role]
    assert sent[-1]["content"] == "done"
