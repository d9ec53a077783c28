"""The ollama engine: the real client against a real HTTP server that speaks the protocol, with every fault we know."""

import socket
import threading
from dataclasses import replace

import pytest

from ollama_server import DROP, GARBAGE, HANG, Failure, OllamaServer, real_model
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

NOD = ToolSpec("play_move", "Play a gesture.", {"type": "object", "properties": {"name": {"type": "string"}}})
ASK = [Message("system", "You are a robot."), Message("user", "Hello")]

SHORT = 0.3  # s, the limit that a case is about


def engine_for(host, **kwargs):
    return create(ModelSettings(engine="ollama", model="tiny", host=host, **{**MODEL_LIMITS, **kwargs}))


def run(engine, messages=ASK, cancel=None):
    return list(engine.stream(messages, [NOD], cancel or threading.Event(), GenerateOptions(max_tokens=50)))


def text(deltas):
    return "".join(d.text for d in deltas if isinstance(d, TextDelta))


def test_an_answer_streams_with_the_settings_that_keep_it_fast():
    with OllamaServer(lambda r: ["Hel", "lo."]) as server:
        engine = engine_for(server.host, context_length=2048)
        engine.prepare()
        engine.warm_up(ASK[:1], [NOD])
        deltas = run(engine)
    assert text(deltas) == "Hello."
    assert isinstance(deltas[-1], Done)
    request = server.requests[-1]
    assert request["keep_alive"] == -1
    assert request["options"]["num_ctx"] == 2048
    assert "think" not in request  # only thinking models know it
    assert server.requests[0]["options"]["num_predict"] == 1  # the warm-up


def test_a_thinking_model_is_told_not_to():
    with OllamaServer(lambda r: ["Hi."], capabilities=("completion", "thinking")) as server:
        engine = engine_for(server.host)
        engine.prepare()
        run(engine)
    assert server.requests[-1]["think"] is False


def test_tool_calls_come_as_requests_and_go_back_as_history():
    with OllamaServer(lambda r: [{"name": "play_move", "arguments": {"name": "nod"}}]) as server:
        engine = engine_for(server.host)
        engine.prepare()
        assert engine.native_tools
        past = [Message("user", "Nod"), Message("assistant", "", (ToolCallRequest("play_move", {"name": "nod"}),))]
        deltas = run(engine, [*past, Message("tool", "done", name="play_move"), *ASK[1:]])
    assert deltas[0] == ToolCallRequest("play_move", {"name": "nod"})
    sent = server.requests[-1]
    assert sent["tools"][0]["function"]["name"] == "play_move"
    assert sent["messages"][1]["tool_calls"][0]["function"]["name"] == "play_move"
    assert sent["messages"][2]["role"] == "tool"


def test_a_model_without_tools_gets_none_and_reads_them_in_the_prompt():
    with OllamaServer(lambda r: ["Hi."], capabilities=("completion",)) as server:
        engine = engine_for(server.host)
        engine.prepare()
        assert not engine.native_tools
        run(engine, [Message("assistant", "", (ToolCallRequest("play_move", {"name": "nod"}),)), *ASK])
    assert not server.requests[-1].get("tools")
    assert server.requests[-1]["messages"][0]["content"].startswith('{"tool": "play_move"')


def test_no_server_is_said_at_once_with_the_command_that_starts_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        engine = engine_for(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ModelUnavailable, match="ollama serve"):
            engine.prepare()
        with pytest.raises(ModelUnavailable, match="no model server"):
            run(engine)


def test_a_model_that_is_not_there_names_the_command_that_fetches_it():
    with (
        OllamaServer(lambda r: ["x"], models=("other:latest",)) as server,
        pytest.raises(ModelUnavailable, match="ollama pull tiny"),
    ):
        engine_for(server.host).prepare()


@pytest.mark.parametrize(
    ("script", "short", "error", "said"),
    [
        ([HANG], "first_token_timeout_s", ModelTimeout, "first word within 0.3"),
        (["Once ", HANG], "stall_timeout_s", ModelTimeout, "in the middle of an answer for 0.3"),
        (["Once ", DROP], "", ModelUnavailable, "tiny|127"),
        ([Failure(500, "out of memory")], "", ModelUnavailable, "out of memory"),
        (["Once ", GARBAGE], "", ModelUnavailable, "protocol"),
    ],
)
def test_a_fault_is_an_error_in_time_and_the_next_answer_works(script, short, error, said):
    answers = [script]  # not one a request: a client in a hurry may be gone before its own was read
    with OllamaServer(lambda r: answers[-1]) as server:
        engine = engine_for(server.host, **({short: SHORT} if short else {}))
        with pytest.raises(error, match=said):
            run(engine)
        answers.append(["Fine."])
        engine._settings = replace(engine._settings, **MODEL_LIMITS)
        assert text(run(engine)) == "Fine."


@pytest.mark.parametrize("script", [[HANG], ["Once ", HANG]])
def test_a_cancelled_answer_ends_at_once_and_frees_the_server(script):
    cancel = threading.Event()

    def asked(request):
        threading.Timer(0.05, cancel.set).start()
        return script

    with OllamaServer(asked) as server:
        run(engine_for(server.host), cancel=cancel)  # its own limits would be errors
        assert server.gone.wait(PATIENCE_S)


def test_something_else_on_the_port_is_not_taken_for_a_model():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def greet():
            connection, _ = listener.accept()
            connection.recv(4096)
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            connection.close()

        threading.Thread(target=greet, daemon=True).start()
        with pytest.raises(ModelUnavailable):
            engine_for(f"http://127.0.0.1:{listener.getsockname()[1]}").prepare()


def test_a_real_model_answers_through_the_protocol():
    inner = create(ModelSettings(model="smollm2-135m-instruct", threads=1, context_length=2048, **MODEL_LIMITS))
    inner.prepare()
    try:
        with OllamaServer(real_model(inner)) as server:
            engine = engine_for(server.host)
            engine.prepare()
            assert len(text(run(engine, [Message("user", "What is the capital of France?")]))) > 3
    finally:
        inner.close()
