"""asr over DDS: one answer to each end, partials meanwhile, stamps, missing neighbours, and real words."""

import array
import math
import threading
import time

import numpy as np
import pytest
from audio_common_msgs.msg import AudioData, AudioDataStamped
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from voice_pipeline.msg import Transcript, VoiceActivity

from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.audio.formats import samples_to_ns, to_bytes
from voice_pipeline.errors import VoiceError
from voice_pipeline.nodes.asr import AsrNode, make_transcriber, parameters
from voice_pipeline.ros.qos import AUDIO, EVENTS
from voice_pipeline.ros.stamps import to_msg, to_ns


class Fake:
    """A recogniser that hears the number of samples; `gate` holds it."""

    def __init__(self):
        self.text = "heard {}"
        self.gate = threading.Event()
        self.gate.set()
        self.error = None
        self.warm = self.closed = 0

    def transcribe(self, audio, language=""):
        self.gate.wait(60.0)
        if self.error:
            raise self.error
        return Transcription(self.text.format(len(audio)), confidence=0.9, language=language, processing_s=0.01)

    def warm_up(self):
        self.warm += 1

    def close(self):
        self.closed += 1


class World:
    """The node's neighbours: a microphone and a voice activity detector."""

    def __init__(self, ros, monkeypatch, engine=None, **params):
        self.ros = ros
        self.engine = engine or Fake()
        if engine is None:
            monkeypatch.setattr("voice_pipeline.nodes.asr.make_engine", lambda name, options: self.engine)
        peer = ros.peer()
        self.finals = peer.record(Transcript, "transcript", EVENTS)
        self.partials = peer.record(Transcript, "transcript/partial", EVENTS)
        self.rejected = peer.record(Transcript, "transcript/rejected", EVENTS)
        self.health = peer.record(DiagnosticArray, "/diagnostics")
        self.node = ros.start(AsrNode, {"partial_period_s": 0.0, **params})
        self.audio = peer.publisher(AudioDataStamped, "audio", AUDIO)
        self.activity = peer.publisher(VoiceActivity, "voice_activity", EVENTS)
        ros.wait(lambda: self.node.count_publishers("transcript") and self._matched(peer), what="discovery")
        self.begin = time.time_ns() - 10_000_000_000
        self.sent = 0

    def _matched(self, peer):
        return all(peer.node.count_publishers(t) for t in ("transcript", "transcript/partial", "transcript/rejected"))

    def hear(self, samples):
        for at in range(0, len(samples), 512):
            part = samples[at : at + 512]
            message = AudioDataStamped(audio=AudioData(data=array.array("B", to_bytes(part))))
            message.header.stamp = to_msg(self.begin + samples_to_ns(self.sent))
            self.sent += len(part)
            self.audio.publish(message)
            if (at // 512) % 32 == 31:  # as fast as the node takes it: more than AUDIO's depth on the way would be lost
                self.ros.settle(self.node, messages=32)
        self.ros.settle(self.node, messages=32)  # before what is told about it, which comes on another topic

    def listen(self, seconds):
        self.hear(np.full(int(seconds * 31.25) * 512, 3_000, np.int16))

    def tell(self, event, name="u1", start=0.2, speech_end=0.0, end=0.0, generation=0, reason=0):
        at = lambda s: to_msg(self.begin + int(s * 1e9)) if s else to_msg(0)  # noqa: E731
        message = VoiceActivity(
            event=event,
            utterance_id=name,
            generation=generation,
            reason=reason,
            audio_start=at(start),
            speech_end=at(speech_end),
            audio_end=at(end),
            level_dbfs=-20.0,
            direction_rad=math.nan,
        )
        self.activity.publish(message)
        self.ros.settle(self.node)

    def end(self, name="u1", end=1.0, reason=VoiceActivity.REASON_SILENCE, **more):
        self.tell(VoiceActivity.END, name, speech_end=end - 0.2, end=end, reason=reason, **more)

    def said(self, text):
        return [m for m in self.health if text in m.status[0].message]


def test_an_end_becomes_one_final_with_all_its_stamps(ros, monkeypatch):
    world = World(ros, monkeypatch)
    assert world.engine.warm == 1
    world.listen(1.5)
    before = time.time_ns()
    world.end(generation=5)
    m = ros.wait(lambda: world.finals)[0]
    assert (m.text, m.stable_text, m.is_final, m.generation) == ("heard 12800", "heard 12800", True, 5)
    assert (m.utterance_id, m.turn_id, m.language, m.rejected_reason) == ("u1", "", "en", "")
    assert m.confidence == pytest.approx(0.9)
    assert math.isnan(m.no_speech_probability)
    assert m.audio_seconds == pytest.approx(0.8)
    assert to_ns(m.header.stamp) == world.begin + 200_000_000
    assert to_ns(m.speech_end) == world.begin + 800_000_000
    assert before <= to_ns(m.vad_end) <= to_ns(m.asr_start) <= to_ns(m.asr_end) <= time.time_ns()


def test_a_pause_is_transcribed_ahead_and_published_at_the_end(ros, monkeypatch):
    world = World(ros, monkeypatch)
    world.listen(1.5)
    world.tell(VoiceActivity.START)
    world.tell(VoiceActivity.PAUSE, speech_end=0.8, end=0.9, generation=1)
    guess = ros.wait(lambda: world.partials)[0]
    assert (guess.text, guess.speculative, guess.is_final) == ("heard 11200", True, False)
    assert (guess.utterance_id, guess.generation, guess.rejected_reason) == ("u1", 1, "")
    assert to_ns(guess.speech_end) == world.begin + 800_000_000
    assert 0 < to_ns(guess.asr_start) <= to_ns(guess.asr_end)
    assert to_ns(guess.vad_end) == 0
    world.end(generation=1)
    m = ros.wait(lambda: world.finals)[0]
    assert (m.text, m.speculative, m.is_final) == (guess.text, False, True)
    assert to_ns(m.asr_end) < to_ns(m.vad_end)
    assert world.partials == [guess]


def test_a_pause_that_held_no_words_is_told_without_them(ros, monkeypatch):
    world = World(ros, monkeypatch)
    world.engine.text = " . "
    world.listen(1.5)
    world.tell(VoiceActivity.START)
    world.tell(VoiceActivity.PAUSE, speech_end=0.8, end=0.9, generation=1)
    m = ros.wait(lambda: world.partials)[0]
    assert (m.text, m.stable_text, m.speculative, m.rejected_reason) == ("", "", True, "no words")
    assert world.rejected == []


def test_speech_after_the_pause_makes_the_guess_stale(ros, monkeypatch):
    world = World(ros, monkeypatch)
    world.listen(2.5)
    world.tell(VoiceActivity.PAUSE, speech_end=0.8, end=0.9, generation=1)
    ros.wait(lambda: world.partials)
    world.tell(VoiceActivity.RESUME, generation=2)
    world.end(end=2.2, generation=3)
    assert ros.wait(lambda: world.finals)[0].text == "heard 32000"


def test_partials_come_while_somebody_speaks(ros, monkeypatch):
    world = World(ros, monkeypatch, first_partial_s=0.2, partial_period_s=0.4)
    world.tell(VoiceActivity.START)
    ros.wait(lambda: world.listen(0.1) or len(world.partials) >= 2)
    assert not any(m.is_final or m.speculative for m in world.partials)
    world.tell(VoiceActivity.END, reason=VoiceActivity.REASON_TOO_SHORT)
    until = world.sent / 16_000
    world.listen(1.5)
    ros.wait(lambda: world.node._worker.backlog == 0, what="the engine")
    ros.settle(ros.peer().node)
    assert max(0.2 + m.audio_seconds for m in world.partials) <= until + 0.001  # of nothing that came after the end
    assert world.finals == world.rejected == []


def test_ends_that_come_faster_than_the_engine_are_all_answered_in_order(ros, monkeypatch):
    world = World(ros, monkeypatch)
    world.listen(1.5)
    world.engine.gate.clear()
    for i in range(8):
        world.end(f"u{i}")
    ros.wait(lambda: world.said("8 utterances wait"))
    world.engine.gate.set()
    ros.wait(lambda: len(world.finals) == 8)
    assert [m.utterance_id for m in world.finals] == [f"u{i}" for i in range(8)]


def test_what_holds_no_words_goes_to_rejected_with_the_reason(ros, monkeypatch):
    world = World(ros, monkeypatch)
    world.engine.text = "."
    world.listen(1.5)
    world.end()
    m = ros.wait(lambda: world.rejected)[0]
    assert (m.rejected_reason, m.is_final, m.utterance_id) == ("no words", True, "u1")
    assert world.finals == []


def test_an_engine_that_fails_is_told_and_the_next_utterance_is_heard(ros, monkeypatch):
    world = World(ros, monkeypatch)
    world.engine.error = RuntimeError("out of memory")
    world.listen(1.5)
    world.end("u1")
    assert "out of memory" in ros.wait(lambda: world.rejected)[0].rejected_reason
    ros.wait(lambda: world.said("out of memory"))
    world.engine.error = None
    world.end("u2")
    assert ros.wait(lambda: world.finals)[0].utterance_id == "u2"


def test_without_neighbours_it_waits_and_says_what_to_start(ros, monkeypatch):
    monkeypatch.setattr("voice_pipeline.nodes.asr.make_engine", lambda name, options: Fake())
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    node = ros.start(AsrNode)
    expected = "no audio on /audio: start audio_capture; nobody publishes /voice_activity: start vad."
    ros.wait(lambda: any(m.status[0].message == expected for m in health))
    assert node.active


def test_an_end_without_audio_is_answered_with_what_is_missing(ros, monkeypatch):
    world = World(ros, monkeypatch)
    world.end()
    assert "is audio_capture active" in ros.wait(lambda: world.rejected)[0].rejected_reason


def test_broken_audio_is_told_and_survived(ros, monkeypatch):
    world = World(ros, monkeypatch)
    world.audio.publish(AudioDataStamped(audio=AudioData(data=array.array("B", b"abc"))))
    ros.wait(lambda: world.said("3 bytes are no whole number"))
    world.listen(1.5)
    world.end()
    ros.wait(lambda: world.finals)


def test_a_deactivate_activate_cycle_keeps_the_engine_and_cleanup_releases_it(ros, monkeypatch):
    world = World(ros, monkeypatch)
    change = lambda t: ros.peer().call(  # noqa: E731
        ChangeState, "asr/change_state", ChangeState.Request(transition=Transition(id=t))
    )
    assert change(Transition.TRANSITION_DEACTIVATE).success
    assert world.engine.closed == 0
    assert change(Transition.TRANSITION_ACTIVATE).success
    ros.wait(lambda: world.activity.get_subscription_count() and world.audio.get_subscription_count())
    world.listen(1.5)
    world.end()
    ros.wait(lambda: world.finals)
    assert change(Transition.TRANSITION_DEACTIVATE).success
    assert change(Transition.TRANSITION_CLEANUP).success
    assert (world.engine.warm, world.engine.closed) == (1, 1)


def test_a_missing_model_fails_at_configure_and_names_the_command(ros):
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    ros.start(AsrNode, {"model": "whisper-none"}, wait=False)
    ros.wait(lambda: any("make models MODELS=whisper-none" in m.status[0].message for m in health))


def test_other_programs_get_the_same_engine_from_a_profile():
    p = parameters({"beam_size": 3})
    assert (p["beam_size"], p["engine"]) == (3, "faster_whisper")
    with pytest.raises(VoiceError, match="within 1 and 10"):
        parameters({"beam_size": 0})
    with pytest.raises(VoiceError, match="whisper-none"):
        make_transcriber(parameters({"model": "whisper-none"}))


def test_the_real_engine_hears_a_recorded_command(ros, monkeypatch, recordings):
    from voice_pipeline.audio.files import read_recording

    samples = read_recording(recordings / "dev" / "command_cognitive_whatstheweatherlike.wav").samples
    world = World(ros, monkeypatch, engine=object())
    world.hear(samples)
    world.end(end=len(samples) / 16_000 - 0.05)
    m = ros.wait(lambda: world.finals)[0]
    assert m.text.lower().strip("?. ") == "what's the weather like"
    assert m.confidence > 0.6
