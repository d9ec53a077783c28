"""The dialogue node with its real engines: the embedded model, and an Ollama-protocol server that comes and goes."""

import time

import pytest
from dialogue_bench import heard, listen
from voice_pipeline.action import Converse
from voice_pipeline.msg import Reply, ToolCall, Transcript

from ollama_server import OllamaServer
from ros_bench import names
from voice_pipeline.nodes.dialogue import DialogueNode
from voice_pipeline.ports import HeldPort

# A server that is there answers, however busy the machine is; where there is none, the kernel refuses at once.
PATIENT = {"connect_timeout_s": 10.0, "first_token_timeout_s": 120.0, "stall_timeout_s": 60.0, "retry_window_s": 300.0}


@pytest.fixture
def port():
    with HeldPort() as held:
        yield held.number


def health(node):
    """Of a node that may still be opening."""
    return node.health().message if hasattr(node, "_engine") else ""


@pytest.mark.timeout(400)
def test_the_embedded_model_answers_and_a_command_reaches_its_tool(ros):
    params = {"model": "smollm2-135m-instruct", "persona": "plain", "max_tokens": 20, **PATIENT}
    ros.start(DialogueNode, params)
    peer = ros.peer()
    begun = time.monotonic()
    result = peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text="Who are you?")), 150.0).result
    assert result.error_code == 0
    assert result.reply
    assert 0.0 < result.first_token_s < time.monotonic() - begun
    result = peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text="What time is it?"))).result
    assert list(result.tools) == ["get_time"]


def test_a_missing_model_file_stops_the_start_with_the_command_that_fetches_it(ros):
    node = ros.start(DialogueNode, {"model": "no-such-model"}, wait=False)
    ros.wait(lambda: node._fault)
    assert "make models" in node._fault


def test_a_server_that_starts_after_the_node_is_found(ros, port):
    params = {"engine": "ollama", "model": "tiny", "host": f"http://127.0.0.1:{port}", **PATIENT}
    node = ros.start(DialogueNode, params)
    ros.wait(lambda: "ollama serve" in health(node))
    replies = listen(ros, node, Reply, "reply")
    say = ros.peer().publisher(Transcript, "transcript")
    say.publish(heard("Who are you?"))
    ros.wait(lambda: "can't think" in "".join(names(replies, "text")))
    with OllamaServer(lambda r: ["I am a robot."], port=port):
        ros.wait(lambda: "I am a robot." in names(replies, "text"))
        ros.wait(lambda: "ollama" not in health(node))


def test_a_server_that_breaks_off_and_returns_loses_no_question(ros, port):
    params = {"engine": "ollama", "model": "tiny", "host": f"http://127.0.0.1:{port}", **PATIENT}
    peer = ros.peer()
    with OllamaServer(lambda r: ["Hello."], port=port):
        ros.start(DialogueNode, params)
        assert (
            peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text="Hi there"))).result.reply == "Hello."
        )
    handle = peer.send_goal(Converse, "converse", Converse.Goal(text="Are you still there?"))
    with OllamaServer(lambda r: ["Yes, I am."], port=port):
        result = peer.result(handle).result
    assert result.error_code == 0
    assert result.reply.endswith("Yes, I am.")


def test_a_native_tool_call_of_the_server_is_checked_like_any_other(ros, port):
    params = {"engine": "ollama", "model": "tiny", "host": f"http://127.0.0.1:{port}", **PATIENT}
    peer = ros.peer()
    with OllamaServer(lambda r: [{"name": "play_move", "arguments": {"name": "explode"}}], port=port):
        node = ros.start(DialogueNode, params)
        calls = listen(ros, node, ToolCall, "tool_calls")
        peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text="Do the trick that nobody knows")))
        ros.wait(lambda: calls)
    assert calls[0].status == ToolCall.REFUSED
