"""How a call ends in odd cases: an action with a code of its own kind, a service that never answers, a clause given up early."""

import time
from types import SimpleNamespace

import pytest
from action_msgs.msg import GoalStatus
from rclpy.node import Node
from std_msgs.msg import Int32
from std_srvs.srv import Trigger

from executor_threads import run_in
from voice_pipeline.dialogue.local_tools import LocalTools
from voice_pipeline.dialogue.protocol import Done
from voice_pipeline.dialogue.tools import PendingCall, Tool, ValidCall
from voice_pipeline.nodes._dialogue_parts import trace
from voice_pipeline.nodes.dialogue import DialogueNode
from voice_pipeline.ros.mailbox import Mailbox
from voice_pipeline.ros.say_client import SayClient
from voice_pipeline.ros.tool_dispatch import RosToolDispatcher, _Running
from voice_pipeline.turn.state import Turn

PRESS = Tool("press", "Press it.", "service", "std_srvs/srv/Trigger", "press", {"type": "object", "properties": {}})


@pytest.fixture
def dispatch(ros):
    node = Node("caller", context=ros.context)
    ended = []
    mailbox = Mailbox(node)
    dispatcher = RosToolDispatcher(node, {"press": PRESS}, ended.append, mailbox, LocalTools())
    ros.spin(node)
    yield dispatcher, ended
    mailbox.close()


@pytest.mark.parametrize(
    ("code", "status"),
    [(Int32(data=1), "succeeded"), (0, "succeeded"), ("", "succeeded"), (3, "failed"), ("BROKEN", "failed")],
)
def test_an_action_that_succeeded_is_no_failure_because_its_code_is_a_message(dispatch, code, status):
    dispatcher, ended = dispatch
    pending = PendingCall("c1", ValidCall(PRESS, {}))
    response = SimpleNamespace(status=GoalStatus.STATUS_SUCCEEDED, result=SimpleNamespace(error_code=code))
    dispatcher._ended(_Running(pending, time.monotonic()), SimpleNamespace(result=lambda: response))
    assert [p.outcome.status for p in ended] == [status]


def test_a_service_that_never_answers_leaves_nothing_behind(ros, dispatch):
    dispatcher, ended = dispatch
    deaf = Node("deaf", context=ros.context)  # nobody serves it
    deaf.create_service(Trigger, "press", lambda request, response: response)
    client = dispatcher._ends["press"]
    ros.wait(client.service_is_ready)
    dispatcher.start(ValidCall(PRESS, {}), "c1")
    ros.wait(lambda: [r for r in dispatcher._open.values() if r.sent])
    assert len(client._pending_requests) == 1
    dispatcher._open["c1"].began -= 3600.0
    ros.wait(lambda: ended)
    assert ended[0].outcome.status == "failed"
    assert "not done within" in ended[0].outcome.result
    assert client._pending_requests == {}
    deaf.destroy_node()


def test_a_clause_that_was_given_up_before_it_was_accepted_is_not_said_after_all(ros, neighbours):
    voice = neighbours("say", hold=True)
    node = Node("speaker", context=ros.context)
    ros.spin(node)
    ended = []
    client = SayClient(node, lambda *what: ended.append(what), lambda *_: None)
    ros.wait(lambda: client.ready)

    def say_and_give_up():
        assert client.say("t1", 0, "Hello there.", 0)
        client._open[0].alive -= 3600.0
        client.tick()

    run_in(node.executor, say_and_give_up)
    assert [what[0] for what in ended] == ["t1"]
    ros.wait(lambda: voice.spoken)
    ros.wait(lambda: not voice._held, what="the voice to be told to stop")  # it is held until then
    assert not voice.free.is_set()


def test_a_clause_that_was_given_up_while_it_was_said_is_stopped(ros, neighbours):
    voice = neighbours("say", hold=True)
    node = Node("speaker", context=ros.context)
    ros.spin(node)
    client = SayClient(node, lambda *_: None, lambda *_: None)
    ros.wait(lambda: client.ready)
    run_in(node.executor, lambda: client.say("t1", 0, "Hello there.", 0))
    ros.wait(lambda: client._open[0].handle is not None and voice._held)

    def give_up():
        client._open[0].alive -= 3600.0
        client.tick()

    run_in(node.executor, give_up)
    ros.wait(lambda: not voice._held, what="the voice to be told to stop")
    assert not voice.free.is_set()


def test_voices_that_are_none_stop_the_node_before_it_opens_anything(ros):
    params = {"engine": "ollama", "model": "tiny", "host": "http://127.0.0.1:9", "voices": ["nonsense"]}
    node = ros.start(DialogueNode, params, wait=False)
    fault = ros.wait(lambda: node._fault)
    assert fault.startswith("configure failed: voices: 'nonsense'")


@pytest.mark.parametrize("count", [-3, 2**40])
def test_whatever_a_model_counts_the_trace_is_published(count):
    turn = Turn("Hello", "", True)
    turn.usage = Done(prompt_tokens=count, cached_tokens=count)
    message = trace(turn)
    assert 0 <= message.prompt_tokens < 2**32
    assert 0 <= message.cached_tokens < 2**32
