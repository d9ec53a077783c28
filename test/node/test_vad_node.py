"""vad over DDS: events of real speech, verdicts on pauses beside a mock asr, the end of the source, and what it says when
audio is missing or wrong."""

import threading

import numpy as np
import pytest
from audio_common_msgs.msg import AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from vad_bench import T0, Microphone, kinds, sound, start
from voice_pipeline.msg import EndOfTurn, Transcript, VoiceActivity

from executor_threads import run_in
from voice_pipeline.audio.files import read_recording
from voice_pipeline.nodes.vad import VadNode
from voice_pipeline.ros.qos import EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_ns


def test_an_utterance_is_told_from_start_to_end_with_its_times(ros, monkeypatch):
    _, microphone, events, _ = start(ros, monkeypatch)
    microphone.send(sound("." * 20 + "S" * 20 + "." * 6 + "S" * 10 + "." * 25))
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])
    assert kinds(events) == [
        VoiceActivity.START,
        VoiceActivity.PAUSE,
        VoiceActivity.RESUME,
        VoiceActivity.PAUSE,
        VoiceActivity.END,
    ]
    assert len({e.utterance_id for e in events}) == 1
    assert [e.generation for e in events] == [0, 1, 2, 3, 3]
    end = events[-1]
    assert end.reason == VoiceActivity.REASON_SILENCE
    assert to_ns(end.audio_start) == T0 + 640_000_000 - 400_000_000
    assert to_ns(end.speech_end) == T0 + 56 * 32_000_000
    assert to_ns(end.audio_end) == to_ns(end.speech_end) + 200_000_000
    assert np.isnan(end.direction_rad)
    assert -15 < end.level_dbfs < -8


def test_parameters_reach_the_endpointer(ros, monkeypatch):
    _, microphone, events, _ = start(ros, monkeypatch, min_silence_s=1.5, pre_roll_s=0.0, onset=0.95)
    microphone.send(sound("." * 5 + "S" * 20 + "." * 30))
    microphone.send(np.full(512 * 10, 9_900, np.int16))
    ros.wait(lambda: events)
    assert to_ns(events[0].audio_start) == T0 + 55 * 32_000_000


def test_chunks_of_another_size_are_taken(ros, monkeypatch):
    _, microphone, events, _ = start(ros, monkeypatch)
    microphone.send(sound("." * 20 + "S" * 20 + "." * 30), piece=160)
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])
    assert to_ns(events[-1].speech_end) == T0 + 40 * 32_000_000


def test_a_source_that_stops_in_the_middle_ends_the_utterance(ros, monkeypatch):
    node, microphone, events, _ = start(ros, monkeypatch)
    microphone.send(sound("." * 5 + "S" * 20))
    microphone.wait_heard()
    node.p["source_timeout_s"] = 0.3
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])
    assert events[-1].reason == VoiceActivity.REASON_SOURCE_ENDED
    assert to_ns(events[-1].audio_end) == T0 + 25 * 32_000_000


def test_a_machine_that_stalls_ends_no_utterance(ros, monkeypatch):
    node, microphone, events, _ = start(ros, monkeypatch)
    microphone.send(sound("." * 5 + "S" * 20))
    microphone.wait_heard()

    def wake_up():
        node._heard_at -= 11.0  # the timer comes first, then the audio that waited
        node._watch()
        node._heard_at += 11.0
        node._watch()

    run_in(node.executor, wake_up)
    microphone.send(sound("S" * 10))
    microphone.wait_heard()
    assert kinds(events) == [VoiceActivity.START]


def test_a_node_that_stops_ends_the_utterance_first(ros, monkeypatch):
    node, microphone, events, _ = start(ros, monkeypatch)
    microphone.send(sound("." * 5 + "S" * 20))
    ros.wait(lambda: events)
    ros.stop(node)
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])


def test_without_audio_it_waits_and_says_what_to_start(ros, monkeypatch):
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    node = start(ros, monkeypatch)[0]
    ros.wait(lambda: any("no audio on /audio: start audio_capture" in m.status[0].message for m in health))
    assert node.active


def test_audio_of_another_rate_is_refused_with_the_cure(ros, monkeypatch):
    start(ros, monkeypatch)
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    ros.peer().publisher(AudioInfo, "audio_info", LATCHED).publish(AudioInfo(channels=2, sample_rate=48_000))
    ros.wait(lambda: any("48000 Hz with 2 channel(s)" in m.status[0].message for m in health))


def test_a_detector_that_fails_is_told_and_listening_goes_on(ros, monkeypatch):
    _, microphone, events, detector = start(ros, monkeypatch)
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    detector.fail = True
    microphone.send(sound("." * 5))
    ros.wait(lambda: any("the detector failed: RuntimeError: broken" in m.status[0].message for m in health))
    detector.fail = False
    microphone.send(sound("." * 5 + "S" * 20 + "." * 30))
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])


def test_the_real_model_hears_a_recorded_command(ros, recordings):
    events = ros.peer().record(VoiceActivity, "voice_activity", EVENTS)
    microphone = Microphone(ros, ros.start(VadNode, {"end_of_turn": "none", "source_timeout_s": 10.0}))
    microphone.send(np.zeros(16_000, np.int16))
    microphone.send(read_recording(recordings / "dev" / "command_cognitive_whatstheweatherlike.wav").samples)
    microphone.send(np.zeros(16_000, np.int16))
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])
    assert events[-1].reason == VoiceActivity.REASON_SILENCE
    assert kinds(events).count(VoiceActivity.END) == 1


class Sound:
    """An end-of-turn model that answers what the test says and keeps what it heard."""

    def __init__(self):
        self.answer = 0.9
        self.heard = []
        self.go = None  # an event to wait for, where the model is slow

    def probability(self, samples):
        self.heard.append(samples)
        if self.go is not None and len(self.heard) > 1:  # the first is the warm-up
            assert self.go.wait(120.0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self):
        pass


class Turns:
    """vad with a microphone, a model of the test's own, and a mock asr that says `texts` one pause after another."""

    def __init__(self, ros, monkeypatch, *texts, answer=0.9, **params):
        self.ros = ros
        self.model = Sound()
        self.model.answer = answer
        self.texts = list(texts)
        monkeypatch.setattr("voice_pipeline.nodes._vad_judge.SmartTurn", lambda name: self.model)
        self.verdicts = ros.peer().record(EndOfTurn, "end_of_turn", EVENTS)
        self.node, self.microphone, self.events, _ = start(ros, monkeypatch, **{"end_of_turn": "smart_turn"} | params)
        self.partials = ros.peer().publisher(Transcript, "transcript/partial", EVENTS)

    def send(self, text):
        self.microphone.send(sound(text))
        return self

    def wait(self, kind):
        self.microphone.wait_heard()
        self.ros.wait(lambda: kinds(self.events)[-1:] == [kind], what=f"event {kind}")
        return self.events[-1]

    def words(self, text, **fields):
        """What asr says about the newest event, as of a pause."""
        e = self.events[-1]
        fields = {"utterance_id": e.utterance_id, "generation": e.generation, "speculative": True} | fields
        self.partials.publish(Transcript(text=text, language="en", **fields))
        self.ros.settle(self.node)  # before any audio that is sent next
        return self

    def verdict(self, count=1):
        self.ros.wait(lambda: len(self.verdicts) >= count, what=f"{count} verdicts")
        return self.verdicts[-1]


def test_a_complete_sentence_ends_early(ros, monkeypatch):
    turns = Turns(ros, monkeypatch)
    turns.send("." * 20 + "S" * 20 + "..").wait(VoiceActivity.PAUSE)
    verdict = turns.words("What time is it?").verdict()
    assert (verdict.complete, round(verdict.probability, 3), verdict.reason) == (True, 0.9, "sounds complete")
    assert to_ns(verdict.header.stamp) == T0 + 40 * 32_000_000
    assert to_ns(verdict.decided) > T0
    assert verdict.processing_seconds > 0.0
    end = turns.send("." * 5).wait(VoiceActivity.END)
    assert end.reason == VoiceActivity.REASON_COMPLETE
    assert (verdict.utterance_id, verdict.generation) == (end.utterance_id, end.generation)


def test_the_model_hears_the_utterance_with_its_pre_roll_and_the_silence_so_far(ros, monkeypatch):
    turns = Turns(ros, monkeypatch, pre_roll_s=0.064)
    turns.send("." * 20 + "S" * 20 + "..").wait(VoiceActivity.PAUSE)
    turns.words("What time is it?").verdict()
    assert np.array_equal(turns.model.heard[-1], sound(".." + "S" * 20 + ".."))


def test_the_model_hears_the_last_8_seconds(ros, monkeypatch):
    turns = Turns(ros, monkeypatch)
    turns.send("S" * 300 + "..").wait(VoiceActivity.PAUSE)
    turns.words("What time is it?").verdict()
    assert np.array_equal(turns.model.heard[-1], sound("S" * 248 + ".."))


def test_open_words_lengthen_the_wait_without_the_model(ros, monkeypatch):
    turns = Turns(ros, monkeypatch)
    turns.send("S" * 20 + "..").wait(VoiceActivity.PAUSE)
    verdict = turns.words("Turn on the").verdict()
    assert not verdict.complete
    assert np.isnan(verdict.probability)
    assert "Turn" not in verdict.reason
    turns.send("." * 30 + "S" * 5).wait(VoiceActivity.RESUME)
    assert len(turns.model.heard) == 1  # the warm-up


def test_the_cap_ends_what_sounds_unfinished(ros, monkeypatch):
    turns = Turns(ros, monkeypatch, answer=0.1)
    turns.send("S" * 20 + "..").wait(VoiceActivity.PAUSE)
    turns.words("I went to the shop").verdict()
    turns.send("." * 35)
    assert turns.verdict(2).complete is False  # asked once more
    assert kinds(turns.events)[-1] == VoiceActivity.PAUSE
    end = turns.send(".").wait(VoiceActivity.END)
    assert end.reason == VoiceActivity.REASON_SILENCE


def test_without_words_the_silence_alone_ends(ros, monkeypatch):
    turns = Turns(ros, monkeypatch)
    turns.send("S" * 20 + "..").wait(VoiceActivity.PAUSE)
    assert turns.words("Thank you.", rejected_reason="no speech").verdict().reason == "no words"
    turns.send("." * 15)
    assert turns.send(".").wait(VoiceActivity.END).reason == VoiceActivity.REASON_SILENCE
    assert len(turns.model.heard) == 1


def test_without_asr_the_model_is_asked_after_a_while(ros, monkeypatch):
    turns = Turns(ros, monkeypatch)
    turns.send("S" * 20 + "." * 11)
    assert "words not known" in turns.verdict().reason
    assert turns.wait(VoiceActivity.END).reason == VoiceActivity.REASON_COMPLETE


@pytest.mark.parametrize("fields", [{"speculative": False}, {"generation": 7}, {"utterance_id": "other"}])
def test_words_of_something_else_are_no_verdict(ros, monkeypatch, fields):
    turns = Turns(ros, monkeypatch)
    turns.send("S" * 20 + "..").wait(VoiceActivity.PAUSE)
    turns.words("Turn on the", **fields).words("What time is it?")
    assert turns.verdict().complete


def test_an_answer_that_comes_after_the_person_went_on_is_dropped(ros, monkeypatch):
    turns = Turns(ros, monkeypatch)
    turns.model.go = threading.Event()
    turns.send("S" * 20 + "..").wait(VoiceActivity.PAUSE)
    turns.words("What time is it?")
    ros.wait(lambda: len(turns.model.heard) == 2)
    turns.send("..." + "S" * 10 + "..").wait(VoiceActivity.PAUSE)
    turns.model.go.set()
    assert turns.words("What time is it in the").verdict().generation == 3
    assert [v.complete for v in turns.verdicts] == [False]


def test_a_slow_model_holds_up_neither_audio_nor_the_end(ros, monkeypatch):
    turns = Turns(ros, monkeypatch)
    turns.model.go = threading.Event()
    turns.send("S" * 20 + "..").wait(VoiceActivity.PAUSE)
    turns.words("What time is it?")
    ros.wait(lambda: len(turns.model.heard) == 2)
    assert turns.send("." * 16).wait(VoiceActivity.END).reason == VoiceActivity.REASON_SILENCE
    turns.model.go.set()


def test_a_model_that_fails_is_told_and_the_silence_ends(ros, monkeypatch):
    turns = Turns(ros, monkeypatch)
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    turns.model.answer = RuntimeError("broken")
    turns.send("S" * 20 + "..").wait(VoiceActivity.PAUSE)
    turns.words("What time is it?").send("." * 16)
    assert turns.wait(VoiceActivity.END).reason == VoiceActivity.REASON_SILENCE
    ros.wait(lambda: any("end-of-turn model failed: RuntimeError: broken" in m.status[0].message for m in health))


def test_a_missing_end_of_turn_model_stops_the_start_with_the_cure(ros):
    node = ros.start(VadNode, {"end_of_turn_model": "smart-turn-none"}, wait=False)
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    ros.wait(lambda: any("make models MODELS=smart-turn-none" in m.status[0].message for m in health))
    assert not node.active


def test_health_counts_verdicts_and_the_time_of_the_model(ros, monkeypatch):
    turns = Turns(ros, monkeypatch)
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    turns.send("S" * 20 + "..").wait(VoiceActivity.PAUSE)
    turns.words("What time is it?").send("." * 5).wait(VoiceActivity.END)

    def told():
        values = {v.key: v.value for m in health[-1:] for v in m.status[0].values}
        return [values.get(k) for k in ("verdicts", "complete", "asked")] == ["1", "1", "1"]

    ros.wait(told)


def test_the_real_models_end_a_recorded_command_early(ros, recordings):
    events = ros.peer().record(VoiceActivity, "voice_activity", EVENTS)
    verdicts = ros.peer().record(EndOfTurn, "end_of_turn", EVENTS)
    node = ros.start(VadNode, {"source_timeout_s": 10.0})
    words = ros.peer().publisher(Transcript, "transcript/partial", EVENTS)
    microphone = Microphone(ros, node)
    command = read_recording(recordings / "dev" / "command_speech_959e462a_a784_4317_882e_e46fb6ff2d1d.wav").samples
    microphone.send(np.zeros(16_000, np.int16))
    microphone.send(command[: 3_120 * 16])  # speech ends at 3.02 s
    microphone.wait_heard()
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.PAUSE])
    name, generation = events[-1].utterance_id, events[-1].generation
    text = "I want a triple shot sixteen ounce Americano."
    words.publish(Transcript(utterance_id=name, generation=generation, speculative=True, text=text))
    ros.wait(lambda: verdicts)
    assert verdicts[0].probability > 0.5
    microphone.send(command[3_120 * 16 : 3_320 * 16])
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])
    assert events[-1].reason == VoiceActivity.REASON_COMPLETE
