"""The engine for servers with OpenAI's interface: a real one (llama.cpp), and one from a script for the faults."""

import threading

import pytest

from ollama_server import DROP, GARBAGE, HANG, Failure
from openai_server import OpenAiStub
from patience import MODEL_LIMITS, PATIENCE_S
from voice_pipeline.dialogue import ModelSettings, create
from voice_pipeline.dialogue.protocol import (
    Done,
    GenerateOptions,
    Message,
    ModelTimeout,
    ModelUnavailable,
    TextDelta,
    ToolCallRequest,
    ToolSpec,
)

NOD = ToolSpec("nod", "Nod the head.", {"type": "object", "properties": {"times": {"type": "integer"}}})
ASK = [Message("system", "You are a robot."), Message("user", "Hello")]

SHORT = 0.3  # s, the limit that a case is about


def engine(server, **settings):
    model = create(ModelSettings(engine="openai", model="tiny", host=server.host, **{**MODEL_LIMITS, **settings}))
    model.prepare()
    return model


def answer(model, messages=ASK, tools=(), cancel=None, **options):
    return list(model.stream(messages, tools, cancel or threading.Event(), GenerateOptions(**options)))


def test_words_come_as_they_are_written_and_the_cache_is_counted():
    with OpenAiStub(lambda _: ["Hel", "lo."]) as server:
        *words, done = answer(engine(server))
    assert words == [TextDelta("Hel"), TextDelta("lo.")]
    assert (done.prompt_tokens, done.cached_tokens, done.answer_tokens) == (10, 40, 7)


def test_tool_calls_of_the_servers_template_are_put_together_from_pieces():
    script = lambda _: [{"name": "nod", "arguments": {"times": 2}}, {"name": "nod", "arguments": {}}]  # noqa: E731
    with OpenAiStub(script) as server:
        model = engine(server, server_tools=True)
        assert model.native_tools
        *calls, _ = answer(model, tools=[NOD])
        assert server.requests[-1]["tools"][0]["function"]["name"] == "nod"
    assert calls == [ToolCallRequest("nod", {"times": 2}), ToolCallRequest("nod", {})]


@pytest.mark.parametrize("arguments", ["{half a", "[1, 2]", ""])
def test_arguments_that_are_no_object_become_none(arguments):
    with OpenAiStub(lambda _: [{"name": "nod", "arguments": arguments}]) as server:
        *calls, _ = answer(engine(server, server_tools=True), tools=[NOD])
    assert calls == [ToolCallRequest("nod", {})]


def test_a_call_and_its_answer_go_back_with_the_same_id():
    past = [Message("assistant", "", (ToolCallRequest("nod"),)), Message("tool", "done", name="nod")]
    with OpenAiStub(lambda _: ["Yes."]) as server:
        answer(engine(server, server_tools=True), [*ASK, *past], tools=[NOD])
        sent = server.requests[-1]["messages"]
    assert sent[2]["tool_calls"][0]["id"] == sent[3]["tool_call_id"]


def test_only_llama_cpp_gets_its_grammar_and_only_known_servers_extras():
    for owner, extras in (
        ("llamacpp", {"grammar", "chat_template_kwargs"}),
        ("vllm", {"chat_template_kwargs"}),
        ("x", set()),
    ):
        with OpenAiStub(lambda _: ["Yes."], owner=owner) as server:
            answer(engine(server), tools=[NOD], only_tools=("nod",))
            assert {"grammar", "chat_template_kwargs"} & set(server.requests[-1]) == extras


def test_a_given_up_answer_closes_the_connection():
    cancel = threading.Event()
    with OpenAiStub(lambda _: ["One", HANG]) as server:
        stream = engine(server).stream(ASK, (), cancel, GenerateOptions())
        assert next(stream) == TextDelta("One")
        cancel.set()
        assert list(stream) == []
        assert server.gone.wait(PATIENCE_S)


@pytest.mark.parametrize(
    ("pieces", "first_s", "stall_s", "error", "says"),
    [
        (["One", DROP], PATIENCE_S, PATIENCE_S, ModelUnavailable, "closed the connection"),
        ([GARBAGE], PATIENCE_S, PATIENCE_S, ModelUnavailable, "did not speak OpenAI's protocol"),
        ([Failure(500, "out of memory")], PATIENCE_S, PATIENCE_S, ModelUnavailable, "out of memory"),
        ([HANG], SHORT, PATIENCE_S, ModelTimeout, "gave no first word within 0.3 s"),
        (["One", HANG], PATIENCE_S, SHORT, ModelTimeout, "stopped in the middle"),
    ],
)
def test_faults_are_named(pieces, first_s, stall_s, error, says):
    with OpenAiStub(lambda _: pieces) as server:
        model = engine(server, first_token_timeout_s=first_s, stall_timeout_s=stall_s)
        with pytest.raises(error, match=says):
            answer(model)


def test_no_server_a_wrong_model_and_a_missing_key_name_the_cure(monkeypatch):
    with OpenAiStub(lambda _: ["Yes."], models=["big", "small"], key="secret") as server:
        with pytest.raises(ModelUnavailable, match="VOICE_PIPELINE_API_KEY"):
            engine(server)
        monkeypatch.setenv("VOICE_PIPELINE_API_KEY", "secret")
        with pytest.raises(ModelUnavailable, match="big, small"):
            engine(server)
        host = server.host
    with pytest.raises(ModelUnavailable, match="no model server"):
        create(ModelSettings(engine="openai", model="tiny", host=host, **MODEL_LIMITS)).prepare()


def test_an_empty_model_takes_the_only_one():
    with OpenAiStub(lambda _: ["Yes."], models=["the-one"]) as server:
        model = create(ModelSettings(engine="openai", model="", host=server.host, **MODEL_LIMITS))
        model.prepare()
        answer(model)
        assert server.requests[-1]["model"] == "the-one"


def test_a_real_server_answers_calls_a_tool_and_reuses_its_cache(model, monkeypatch):
    model("smollm2-135m-instruct")
    inside = create(ModelSettings(model="smollm2-135m-instruct", context_length=1024, **MODEL_LIMITS))
    inside.prepare()
    try:
        monkeypatch.setenv("VOICE_PIPELINE_API_KEY", inside._key)
        host = inside._server.listening_address
        outside = create(ModelSettings(engine="openai", model="", host=host, **MODEL_LIMITS))
        outside.prepare()
        outside.warm_up([Message("system", "You are a helpful robot. " * 20)], [])
        long = [Message("system", "You are a helpful robot. " * 20), Message("user", "Say one word.")]
        *words, done = answer(outside, long, max_tokens=8)
        assert "".join(w.text for w in words).strip()
        assert done.cached_tokens > 80 > done.prompt_tokens
        *words, _ = answer(outside, long, [NOD], only_tools=("nod",), max_tokens=30)
        text = "".join(w.text for w in words)
        assert text
        assert text.startswith('{"tool": "nod"') or "{" not in text
    finally:
        inside.close()


def test_done_ends_every_answer():
    with OpenAiStub(lambda _: []) as server:
        assert [type(d) for d in answer(engine(server))] == [Done]
