"""The dialogue node begins answers at pauses and gives way to speech over them: over real DDS, with a scripted model."""

import threading
import time

import pytest
from dialogue_bench import Neighbours, heard, listen, meet
from voice_pipeline.msg import (
    EndOfTurn,
    PlaybackControl,
    PrepareSpeech,
    Reply,
    ToolCall,
    Transcript,
    TurnLatency,
    VoiceActivity,
)

from ros_bench import names
from scripted_model import WAIT, ScriptedModel
from voice_pipeline.nodes import _dialogue_output, dialogue
from voice_pipeline.ros.stamps import to_msg, to_ns


class Ears:
    """Plays vad and asr."""

    def __init__(self, ros, node):
        peer = ros.peer()
        self.voice = peer.publisher(VoiceActivity, "voice_activity")
        self.final = peer.publisher(Transcript, "transcript")
        self.partial = peer.publisher(Transcript, "transcript/partial")
        self.rejected = peer.publisher(Transcript, "transcript/rejected")
        self.verdict = peer.publisher(EndOfTurn, "end_of_turn")
        self.told = lambda: ros.settle(node)  # topics are not ordered among each other; what is told here is
        ros.wait(lambda: node._say.ready)

    def activity(self, event, utterance="u1", **fields):
        self.voice.publish(VoiceActivity(event=event, utterance_id=utterance, **fields))
        self.told()

    def begin(self, utterance="u1"):
        self.activity(VoiceActivity.START, utterance)

    def guess(self, text, utterance="u1", **fields):
        self.activity(VoiceActivity.PAUSE, utterance)
        self.partial.publish(Transcript(text=text, utterance_id=utterance, speculative=True, confidence=0.9, **fields))
        self.told()

    def end(self, text, utterance="u1", **fields):
        self.activity(VoiceActivity.END, utterance)
        self.final.publish(heard(text, utterance, **fields))


@pytest.fixture
def model(monkeypatch):
    scripted = ScriptedModel(
        {
            "Who are you?": ["I am a robot, ", "and I live ", "on a desk."],
            "Who": [WAIT, "Who what?"],
            "Tell me a story": ["Once upon a time, there was a king. ", WAIT, "He was old. "],
            "Do some gesture for him": ['{"tool": "play_move", "arguments": {"name": "nod"}}'],
        }
    )
    monkeypatch.setattr(dialogue, "create", lambda *_: scripted)
    return scripted


@pytest.fixture
def voice(ros):
    made = Neighbours(ros, "say", "play_move", "motion/stop")
    yield made
    made.end()


def test_an_answer_is_prepared_at_the_pause_and_spoken_only_at_the_end(ros, model, voice):
    node = ros.start(dialogue.DialogueNode)
    prepared = listen(ros, node, PrepareSpeech, "prepare_speech", _dialogue_output.PREPARE)
    replies, traces = listen(ros, node, Reply, "reply"), listen(ros, node, TurnLatency, "latency")
    ears = Ears(ros, node)
    ears.begin()
    ears.guess("Who are you?")
    wanted = lambda: [m.text for m in prepared if not m.keep]  # noqa: E731
    ros.wait(lambda: wanted() == ["I am a robot,", "and I live on a desk."])
    ros.settle(node, voice, ros.peer().node)
    assert voice.spoken == []
    assert replies == []
    now = time.time_ns()
    ears.verdict.publish(EndOfTurn(utterance_id="u1", complete=True, decided=to_msg(now)))
    ears.told()
    ears.end("Who are you?", speech_end=to_msg(now - 300_000_000), vad_end=to_msg(now))
    ros.wait(lambda: traces)
    assert voice.spoken == ["I am a robot,", "and I live on a desk."]
    assert len(model.prompts) == 1
    trace = traces[0]
    assert trace.speculative
    assert trace.guesses == 1
    assert trace.wasted_ms == 0.0
    assert to_ns(trace.pause) <= to_ns(trace.llm_request) < to_ns(trace.first_clause) < to_ns(trace.commit)
    assert to_ns(trace.verdict) == now
    ros.wait(lambda: node.health().values.get("speculative") == 1)


def test_a_person_who_goes_on_is_answered_once_and_the_first_guess_leaves_nothing(ros, model, voice):
    node = ros.start(dialogue.DialogueNode)
    prepared = listen(ros, node, PrepareSpeech, "prepare_speech", _dialogue_output.PREPARE)
    traces = listen(ros, node, TurnLatency, "latency")
    ears = Ears(ros, node)
    ears.begin()
    ears.guess("Who")
    ros.wait(lambda: len(model.prompts) == 1)
    ears.activity(VoiceActivity.RESUME)
    ros.wait(lambda: any(not m.text for m in prepared))
    ears.guess("Who are you?")
    ears.end("Who are you?")
    ros.wait(lambda: traces)
    assert voice.spoken == ["I am a robot,", "and I live on a desk."]
    assert traces[0].guesses == 2
    assert traces[0].wasted_ms > 0.0
    # the second prompt knows nothing of the first guess
    assert "Who" not in [m.content for m in model.prompts[-1]]


def test_a_tool_call_in_a_speculative_turn_waits_for_the_end_and_runs_once(ros, model, voice):
    node = ros.start(dialogue.DialogueNode)
    calls = listen(ros, node, ToolCall, "tool_calls")
    ears = Ears(ros, meet(ros, node, voice))
    ears.begin()
    ears.guess("Do some gesture for him")
    ros.wait(lambda: len(model.prompts) == 1)
    time.sleep(0.3)
    assert voice.moves == []
    assert calls == []
    ears.end("Do some gesture for him")
    ros.wait(lambda: len(calls) == 2)
    assert [m.name for m in voice.moves] == ["nod"]
    assert names(calls, "status") == [ToolCall.REQUESTED, ToolCall.SUCCEEDED]


def test_a_tool_call_in_a_guess_that_is_dropped_never_runs(ros, model, voice):
    node = ros.start(dialogue.DialogueNode)
    calls = listen(ros, node, ToolCall, "tool_calls")
    ears = Ears(ros, node)
    ears.begin()
    ears.guess("Nod")
    ros.settle(node, voice)
    ears.activity(VoiceActivity.RESUME)
    ears.guess("Who are you?")
    ears.end("Who are you?")
    ros.wait(lambda: len(voice.spoken) == 2 and node._engine.idle)
    ros.settle(voice, ros.peer().node)
    assert voice.moves == []
    assert calls == []


def test_speech_over_the_answer_holds_the_player_and_a_cough_lets_it_go_on(ros, model, voice):
    voice.free.clear()
    node = ros.start(dialogue.DialogueNode, {"barge_in_verdict_s": 5.0})  # the longest: the cough is to end the hold
    orders = listen(ros, node, PlaybackControl, "playback_control")
    ears = Ears(ros, node)
    ears.end("Tell me a story")
    ros.wait(lambda: voice.spoken)
    ears.begin("u2")
    ros.wait(lambda: names(orders, "command")[:1] == [PlaybackControl.PAUSE])
    ears.activity(VoiceActivity.END, "u2", reason=VoiceActivity.REASON_TOO_SHORT)
    ros.wait(lambda: names(orders, "command") == [PlaybackControl.PAUSE, PlaybackControl.RESUME])
    assert node._counts["interrupted"] == 0


def test_words_over_the_answer_stop_model_voice_and_movement(ros, model, voice):
    voice.free.clear()
    model.script = lambda q: ['{"tool": "play_move", "arguments": {"name": "nod"}}'] if "nod" in q else ["Yes."]
    node = ros.start(dialogue.DialogueNode)
    calls, traces = listen(ros, node, ToolCall, "tool_calls"), listen(ros, node, TurnLatency, "latency")
    ears = Ears(ros, meet(ros, node, voice))
    ears.end("Would you please nod for me")
    ros.wait(lambda: voice.spoken == ["Okay, nodding."])
    ears.begin("u2")
    ears.partial.publish(Transcript(text="No don't do", utterance_id="u2", confidence=0.8))
    ros.wait(lambda: traces and len(calls) == 2)
    assert traces[0].interrupted
    assert calls[1].status == ToolCall.CANCELLED
    threading.Timer(0.1, voice.free.set).start()
    ears.end("What is your name?", "u2")
    ros.wait(lambda: "Yes." in voice.spoken)


def test_a_rejected_transcript_releases_what_waited_for_it(ros, model, voice):
    node = ros.start(dialogue.DialogueNode)
    ears = Ears(ros, node)
    ears.begin("u2")
    ears.activity(VoiceActivity.END, "u2")
    ears.final.publish(heard("Who are you?", "u1"))
    ros.wait(lambda: node._engine.turn is not None and node._engine.turn.model_done)
    ros.settle(node, voice)
    assert voice.spoken == []  # somebody may be going on
    ears.rejected.publish(heard("Thank you.", "u2", rejected_reason="probably no speech"))
    ros.wait(lambda: voice.spoken)


def test_the_fixed_texts_are_sent_ahead_to_be_made_in_good_time(ros, model, voice, monkeypatch):
    monkeypatch.setattr(_dialogue_output, "_STOCK_PERIOD_S", 0.0)
    node = ros.start(dialogue.DialogueNode)
    prepared = listen(ros, node, PrepareSpeech, "prepare_speech", _dialogue_output.PREPARE)
    ros.wait(lambda: len(prepared) > 15 and not node._stock.waiting)
    ros.settle(ros.peer().node, messages=64)
    texts = [m.text for m in prepared]
    assert all(m.keep for m in prepared)
    assert {"Okay, nodding.", "Okay, looking left.", "I can't move right now.", node.p["apology"]} <= set(texts)
    assert not any("{" in t for t in texts)
    assert len(texts) == len(set(texts))


def test_between_two_turns_the_model_reads_what_is_new_to_it(ros, model, voice):
    node = ros.start(dialogue.DialogueNode)
    ears = Ears(ros, node)
    ears.end("Nod")  # by a phrase: the model knows nothing of it
    ros.wait(lambda: model.read, what="the model to read")
    assert model.prompts == []
    assert "Nod" in [m.content for m in model.read[-1]]


def test_fixed_texts_are_not_made_while_somebody_speaks(ros, model, voice, monkeypatch):
    monkeypatch.setattr(_dialogue_output, "_STOCK_PERIOD_S", 0.0)
    monkeypatch.setattr(_dialogue_output, "_STOCK_QUIET_S", 0.0)
    node = ros.start(dialogue.DialogueNode)
    ears = Ears(ros, node)
    ears.begin()
    prepared = listen(ros, node, PrepareSpeech, "prepare_speech", _dialogue_output.PREPARE)
    ros.wait(lambda: node._stock.waiting)
    time.sleep(0.3)
    assert prepared == []
    ears.activity(VoiceActivity.END, reason=VoiceActivity.REASON_TOO_SHORT)
    ros.wait(lambda: prepared)


def test_the_model_reads_the_words_while_they_are_said_and_answers_none_of_them(ros, model, voice):
    node = ros.start(dialogue.DialogueNode)
    ears = Ears(ros, node)
    ears.begin()
    ears.partial.publish(Transcript(text="Who are", utterance_id="u1", confidence=0.9))
    ros.wait(lambda: model.read)
    assert model.read[-1][-1].content == "Who are"
    assert model.prompts == []
    assert node._mind.history.turns == 0
