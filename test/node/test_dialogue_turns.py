"""The dialogue node between transcripts and speech, over real DDS, with a scripted model."""

import math
import time

import pytest
from action_msgs.msg import GoalStatus
from dialogue_bench import heard, listen
from voice_pipeline.action import Converse
from voice_pipeline.msg import Reply, ToolCall, Transcript, TurnLatency, TurnState, VoiceActivity

from ros_bench import names
from scripted_model import WAIT, ScriptedModel
from voice_pipeline.dialogue.protocol import ModelUnavailable
from voice_pipeline.nodes import dialogue
from voice_pipeline.nodes._dialogue_output import TURNS
from voice_pipeline.ros.stamps import to_msg, to_ns


@pytest.fixture
def model(monkeypatch):
    scripted = ScriptedModel(
        {
            "Who are you?": ["I am a robot, ", "and I live ", "on a desk."],
            "Tell me a story": ["Once upon a time, there was a king. ", WAIT, "He was old. "],
            "Why?": [WAIT, "Because it is."],
            "Why? And how?": ["By magic."],
        }
    )
    monkeypatch.setattr(dialogue, "create", lambda *_: scripted)
    return scripted


def test_a_transcript_is_answered_clause_by_clause_and_traced(ros, model, neighbours):
    voice = neighbours("say")
    node = ros.start(dialogue.DialogueNode)
    peer = ros.peer()
    replies, traces = listen(ros, node, Reply, "reply"), listen(ros, node, TurnLatency, "latency")
    states = listen(ros, node, TurnState, "turn", TURNS)
    say = peer.publisher(Transcript, "transcript")
    ros.wait(lambda: node._say.ready)
    now = time.time_ns()
    say.publish(heard("Who are you?", speech_end=to_msg(now - 400_000_000), vad_end=to_msg(now - 300_000_000)))
    ros.wait(lambda: traces and len(replies) >= 3)  # two topics: either may come first
    assert voice.spoken == ["I am a robot,", "and I live on a desk."]
    assert names(replies, "text") == ["I am a robot,", "and I live on a desk.", ""]
    assert names(replies, "index") == [0, 1, 2]
    assert names(replies, "is_final") == [False, False, True]
    ros.wait(lambda: len(states) >= 4 and states[-1].state == TurnState.LISTENING)
    assert names(states, "state") == [
        TurnState.LISTENING,
        TurnState.THINKING,
        TurnState.SPEAKING,
        TurnState.LISTENING,
    ]
    trace = traces[0]
    stages = [trace.commit, trace.llm_request, trace.llm_first_token, trace.first_clause]
    assert [(s.sec, s.nanosec) for s in stages] == sorted((s.sec, s.nanosec) for s in stages)
    assert trace.utterance_id == "u1"
    played_ms = (to_ns(trace.first_played) - to_ns(trace.speech_end)) / 1e6
    assert trace.gap_ms == pytest.approx(played_ms, abs=1.0)
    assert trace.gap_ms > 300


def test_a_new_transcript_stops_the_answer_and_what_was_heard_is_remembered(ros, model, neighbours):
    voice = neighbours("say", hold=True)
    node = ros.start(dialogue.DialogueNode)
    peer = ros.peer()
    states, traces = listen(ros, node, TurnState, "turn", TURNS), listen(ros, node, TurnLatency, "latency")
    say = peer.publisher(Transcript, "transcript")
    ros.wait(lambda: node._say.ready)
    say.publish(heard("Tell me a story"))
    ros.wait(lambda: voice.spoken)
    say.publish(heard("Who are you?", "u2"))
    ros.wait(
        lambda: len(model.prompts) == 2
    )  # the voice and the model hold the first answer: it does not end by itself
    voice.free.set()
    ros.wait(lambda: len(traces) == 2)
    assert traces[0].interrupted
    assert not traces[1].interrupted
    ros.wait(lambda: TurnState.INTERRUPTED in names(states, "state"))
    past = [m.content for m in model.prompts[1]]
    assert "Once" in past  # one word was heard
    assert not any("a king" in c for c in past)


def test_words_that_follow_before_the_answer_are_one_question(ros, model, neighbours):
    neighbours("say")
    ros.start(dialogue.DialogueNode)
    say = ros.peer().publisher(Transcript, "transcript")
    say.publish(heard("Why?"))
    ros.wait(lambda: model.prompts)
    say.publish(heard("And how?", "u2"))
    ros.wait(lambda: len(model.prompts) == 2)
    assert model.prompts[1][-1].content == "Why? And how?"


def test_the_answer_waits_while_the_person_speaks_on(ros, model, neighbours):
    voice = neighbours("say")
    node = ros.start(dialogue.DialogueNode)
    peer = ros.peer()
    say, activity = peer.publisher(Transcript, "transcript"), peer.publisher(VoiceActivity, "voice_activity")
    ros.wait(lambda: node._say.ready)
    say.publish(heard("Why?"))
    ros.wait(lambda: model.prompts)
    activity.publish(VoiceActivity(event=VoiceActivity.START, utterance_id="u2"))
    ros.wait(lambda: node._engine._persons)
    model.go.set()
    ros.wait(lambda: node._engine.turn.clauses)
    assert voice.spoken == []
    activity.publish(VoiceActivity(event=VoiceActivity.END, utterance_id="u2", reason=VoiceActivity.REASON_TOO_SHORT))
    ros.wait(lambda: voice.spoken == ["Because it is."])


@pytest.mark.parametrize(
    "message", [heard(""), heard("Thank you.", rejected_reason="no speech"), Transcript(text="Hm")]
)
def test_what_is_no_question_opens_no_turn(ros, model, message):
    node = ros.start(dialogue.DialogueNode)
    peer = ros.peer()
    states = listen(ros, node, TurnState, "turn", TURNS)
    say = peer.publisher(Transcript, "transcript")
    say.publish(message)
    say.publish(heard("Who are you?", "u2"))
    ros.wait(lambda: any(s.state == TurnState.THINKING for s in states))
    assert [s.utterance_id for s in states if s.state == TurnState.THINKING] == ["u2"]


def test_a_typed_question_is_answered_without_a_voice(ros, model):
    ros.start(dialogue.DialogueNode)
    peer = ros.peer()
    said = []
    handle = peer.send_goal(Converse, "converse", Converse.Goal(text="Who are you?"), said.append)
    response = peer.result(handle)
    assert response.status == GoalStatus.STATUS_SUCCEEDED
    assert response.result.reply == "I am a robot, and I live on a desk."
    assert response.result.error_code == 0
    assert response.result.turn_id
    ros.wait(lambda: [f.text for f in said] == ["I am a robot,", "and I live on a desk."])


def test_an_empty_typed_question_is_an_error(ros, model):
    ros.start(dialogue.DialogueNode)
    peer = ros.peer()
    response = peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text="  ")))
    assert response.result.error_code == Converse.Result.EMPTY_TEXT


def test_a_typed_question_can_be_cancelled(ros, model):
    ros.start(dialogue.DialogueNode)
    peer = ros.peer()
    handle = peer.send_goal(Converse, "converse", Converse.Goal(text="Why?"))
    ros.wait(lambda: model.prompts)
    peer.cancel(handle)
    response = peer.result(handle)
    assert response.status == GoalStatus.STATUS_CANCELED
    assert response.result.error_code == Converse.Result.CANCELLED
    assert peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text="Who are you?"))).result.reply


def test_a_typed_turn_has_no_response_gap(ros, model):
    node = ros.start(dialogue.DialogueNode)
    peer = ros.peer()
    traces = listen(ros, node, TurnLatency, "latency")
    peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text="Who are you?")))
    ros.wait(lambda: traces)
    assert math.isnan(traces[0].gap_ms)


def test_deactivating_in_the_middle_of_an_answer_and_activating_again_works(ros, model):
    node = ros.start(dialogue.DialogueNode)
    peer = ros.peer()
    handle = peer.send_goal(Converse, "converse", Converse.Goal(text="Why?"))
    ros.wait(lambda: model.prompts)
    from lifecycle_msgs.msg import Transition
    from lifecycle_msgs.srv import ChangeState

    def change(transition):
        return peer.call(
            ChangeState, "dialogue/change_state", ChangeState.Request(transition=Transition(id=transition))
        )

    assert change(Transition.TRANSITION_DEACTIVATE).success
    assert peer.result(handle).result.error_code == Converse.Result.CANCELLED
    assert change(Transition.TRANSITION_CLEANUP).success
    assert model.closed
    assert change(Transition.TRANSITION_CONFIGURE).success
    assert change(Transition.TRANSITION_ACTIVATE).success
    assert node.active
    assert peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text="Who are you?"))).result.reply


def test_a_model_that_fails_is_excused_and_the_question_answered_when_it_is_back(ros, model, neighbours):
    voice = neighbours("say")
    node = ros.start(dialogue.DialogueNode)
    replies, states = listen(ros, node, Reply, "reply"), listen(ros, node, TurnState, "turn", TURNS)
    say = ros.peer().publisher(Transcript, "transcript")
    ros.wait(lambda: node._say.ready)
    model.fault = ModelUnavailable("no server.", "Start it.")
    say.publish(heard("Who are you?"))
    ros.wait(lambda: voice.spoken == ["One moment, I can't think right now."])
    retried = lambda: [s for s in states if "trying again" in s.detail]  # noqa: E731
    ros.wait(lambda: replies and retried())
    assert to_ns(replies[0].header.stamp) <= to_ns(retried()[0].header.stamp)  # at the first failure
    assert "Start it" in node.health().message
    model.fault = None
    ros.wait(lambda: voice.spoken[1:] == ["I am a robot,", "and I live on a desk."])
    assert node.health().level == 0


def test_a_model_that_stays_away_is_admitted(ros, model):
    ros.start(dialogue.DialogueNode, {"retry_window_s": 0.6})
    peer = ros.peer()
    model.fault = ModelUnavailable("no server.", "Start it.")
    response = peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text="Who are you?")))
    assert response.status == GoalStatus.STATUS_ABORTED
    assert response.result.error_code == Converse.Result.MODEL_UNAVAILABLE
    assert "Start it." in response.result.error_msg
    assert "could not answer" in response.result.reply


def test_plain_commands_work_while_the_model_is_down(ros, model, neighbours):
    robot = neighbours("motion/stop")
    node = ros.start(dialogue.DialogueNode)
    model.fault = ModelUnavailable("no server.", "Start it.")
    calls = listen(ros, node, ToolCall, "tool_calls")
    ros.peer().publisher(Transcript, "transcript").publish(heard("Stop!"))
    ros.wait(lambda: len(calls) == 2)
    assert robot.triggered == ["motion/stop"]
    assert node.active


def test_a_voice_that_vanishes_does_not_block_the_conversation(ros, model, neighbours):
    voice = neighbours("say", hold=True)
    node = ros.start(dialogue.DialogueNode)
    peer = ros.peer()
    states = listen(ros, node, TurnState, "turn", TURNS)
    say = peer.publisher(Transcript, "transcript")
    ros.wait(lambda: node._say.ready)
    assert node.health().level == 0
    say.publish(heard("Who are you?"))
    ros.wait(lambda: voice.spoken)
    voice.end(abruptly=True)
    ros.wait(lambda: states and states[-1].state == TurnState.LISTENING)
    assert "Start the tts node" in node.health().message
