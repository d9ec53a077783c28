"""tts with a voice that a test holds; the player is the real one on a null sink, or a mock."""

import itertools
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from voice_pipeline.action import Say
from voice_pipeline.msg import PlaybackControl, PlaybackState, PrepareSpeech, SpeechAudio

from voice_fakes import FakeSynthesizer, PatientClock, UnhurriedClock, player_on
from voice_pipeline.model_store import store_root
from voice_pipeline.nodes import tts as module
from voice_pipeline.nodes.audio_player import AudioPlayerNode
from voice_pipeline.nodes.tts import TtsNode
from voice_pipeline.ros.qos import SPEECH
from voice_pipeline.ros.stamps import to_ns

CODE = Say.Result
PREPARE_QOS = 64
# A player that says nothing, or a pause between two pieces of a clause, is not the machine's stall.
PATIENT = {"player_timeout": 60.0}
PLAYER = {"sink": "null", "stream_timeout": 120.0, "longest_pause_s": 600.0}
LONG = "one two three four five six seven eight nine ten eleven twelve"  # 3.1 s of the fake voice


class Bench:
    def __init__(self, ros, monkeypatch, *, player=True, clock=None, **params):
        self.ros = ros
        player_on(clock or PatientClock(), monkeypatch)
        self.voice = FakeSynthesizer()
        monkeypatch.setattr(module, "make_synthesizer", lambda *_: self.voice)
        monkeypatch.setattr(module, "_FLUSH_S", 600.0)  # the player's word counts, however late it comes
        self.peer = ros.peer()
        self.speech = self.peer.record(SpeechAudio, "speech", SPEECH)
        self.states = self.peer.record(PlaybackState, "playback", 100)
        self.orders = self.peer.record(PlaybackControl, "playback_control")
        self.player = ros.start(AudioPlayerNode, PLAYER) if player else None
        self.node = ros.start(TtsNode, PATIENT | params)
        ros.wait(lambda: self.node.count_subscribers("speech") >= 1 + bool(player))
        if player:
            ros.wait(lambda: self.node.count_publishers("playback") == 1)
        self.feedback = []

    def say(self, text, **fields):
        return self.peer.send_goal(Say, "say", Say.Goal(text=text, **fields), self.feedback.append)

    def result(self, handle):
        """Of a goal, once all that was published before it is here too."""
        response = self.peer.result(handle)
        self.ros.settle(self.peer.node, messages=128)
        return response

    def playing(self, seconds=0.0):
        self.ros.wait(lambda: any(s.state == 1 and s.seconds_played > seconds for s in self.states), what="sound")

    def prepare(self, *texts, **fields):
        if not hasattr(self, "preparing"):
            self.preparing = self.peer.publisher(PrepareSpeech, "prepare_speech", PREPARE_QOS)
        for text in texts:
            self.preparing.publish(PrepareSpeech(text=text, **fields))

    def made(self, text):
        self.ros.wait(lambda: any(said[0] == text for said in self.voice.said), what=f"the sound of {text!r}")
        self.ros.wait(lambda: self.node._backstage_worker.backlog == 0, what="what is prepared")

    def begun(self, text):
        self.ros.wait(lambda: text in self.voice.asked, what=f"the voice to begin with {text!r}")

    def figures(self):
        return self.node.health().values


def held_time(monkeypatch):
    """The monotonic clock of the node, from now on the test's: `now` in s."""
    clock = SimpleNamespace(now=time.monotonic(), time_ns=time.time_ns)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(module, "time", clock)
    return clock


def count_calls(node):
    """Texts that the node's voice is asked for from now on."""
    asked, real = [], node._synthesizer.synthesize
    node._synthesizer.synthesize = lambda text, *rest: (asked.append(text), real(text, *rest))[1]
    return asked


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Stock phrases of a test lie in a folder of its own; models where they always are."""
    monkeypatch.setenv("VOICE_PIPELINE_MODELS", str(store_root()))
    monkeypatch.setenv("VOICE_PIPELINE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def bench(ros, monkeypatch):
    return Bench(ros, monkeypatch)


def test_a_goal_ends_when_it_was_heard_with_all_stamps_in_order(bench):
    begun = time.time_ns()
    response = bench.result(bench.say("Hello there, my friend.", turn_id="t1"))
    result, last = response.result, bench.feedback[-1]
    assert response.status == GoalStatus.STATUS_SUCCEEDED
    assert (result.error_code, result.spoken_text) == (CODE.NONE, "Hello there, my friend.")
    assert result.spoken_seconds == pytest.approx(23 / 20 + 0.315, abs=0.02)
    stamps = [begun, to_ns(last.tts_request), to_ns(last.first_audio), to_ns(last.first_played), time.time_ns()]
    assert stamps == sorted(stamps)
    phases = [f.phase for f in bench.feedback]
    assert phases == sorted(phases)
    assert phases[-1] == Say.Feedback.PLAYING
    words = [f.word_index for f in bench.feedback]
    assert words == sorted(words)
    assert words[-1] == 3


def test_speech_comes_in_order_with_its_text_first_and_one_end(bench):
    bench.result(bench.say("Hello there, my friend.", turn_id="t1"))
    assert [m.sequence for m in bench.speech] == list(range(len(bench.speech)))
    assert bench.speech[0].text == "Hello there, my friend."
    assert not any(m.text for m in bench.speech[1:])
    assert [m.is_last for m in bench.speech] == [False] * (len(bench.speech) - 1) + [True]
    assert {(m.turn_id, m.sample_rate, m.channels) for m in bench.speech} == {("t1", 24_000, 1)}
    assert max(len(m.audio.data) for m in bench.speech) == 2 * 4800


def test_the_next_clause_is_made_while_one_is_played_and_order_is_kept(bench):
    first, second = bench.say(LONG), bench.say("And so on.")
    one, two = bench.result(first), bench.result(second)
    assert (one.result.spoken_text, two.result.spoken_text) == (LONG, "And so on.")
    finished = [s for s in bench.states if s.state == PlaybackState.FINISHED]
    assert len(finished) == 2
    assert bench.voice.said[-1][0] == "And so on."
    assert bench.voice.said_ns[-1] < to_ns(finished[0].header.stamp)
    assert finished[0].seconds_played > finished[1].seconds_played


def test_clauses_queued_one_after_another_follow_without_a_gap(ros, monkeypatch):
    bench = Bench(ros, monkeypatch, clock=UnhurriedClock())
    bench.voice.delay_s = 0.4  # each; the first one plays for 1.3 s
    texts = ["Sure, I can tell you.", "The sky is blue, as you see.", "And the sun is not."]
    handles = [bench.say(text) for text in texts]
    for handle in handles:
        assert bench.result(handle).result.error_code == CODE.NONE
    done = [s for s in bench.states if s.state == PlaybackState.FINISHED]
    for one, after in itertools.pairwise(done):
        assert to_ns(after.first_sample) - to_ns(one.first_sample) == pytest.approx(one.seconds_played * 1e9, abs=1e6)


def test_cancel_stops_at_once_and_tells_what_was_heard(bench):
    text = " ".join([LONG] * 3)
    played, real = [], bench.node._server._on_cancel
    playing = lambda: bench.player._player._playlist.current.written / 24_000  # noqa: E731
    bench.node._server._on_cancel = lambda goal: (played.append(playing()), real(goal))
    handle = bench.say(text)
    bench.playing(0.7)
    bench.peer.cancel(handle)
    response = bench.result(handle)
    assert response.status == GoalStatus.STATUS_CANCELED
    assert response.result.error_code == CODE.CANCELLED
    assert text.startswith(response.result.spoken_text)
    seconds = response.result.spoken_seconds
    assert len(response.result.spoken_text.split()) == pytest.approx(36 * seconds / (len(text) / 20), abs=2)
    assert 0.7 < seconds < played[0] + 0.5  # of 9 s; by the player's time, in which it takes the order within a period


def test_cancel_during_synthesis_says_nothing(bench):
    bench.voice.hold = threading.Event()
    handle = bench.say("Never heard.")
    bench.begun("Never heard.")
    bench.peer.cancel(handle)
    assert (bench.result(handle).result.spoken_text, bench.speech) == ("", [])  # while the voice is still held
    bench.voice.hold.set()
    assert bench.result(bench.say("Next one.")).result.spoken_text == "Next one."


def test_cancel_of_one_that_waits_leaves_the_one_that_plays(bench):
    first, second = bench.say(LONG), bench.say("Not this.")
    bench.playing()
    bench.peer.cancel(second)
    assert bench.result(second).result.spoken_text == ""
    assert bench.result(first).result.spoken_text == LONG


def test_urgent_takes_the_place_of_all(bench):
    first, second = bench.say(LONG), bench.say(LONG)
    bench.playing(0.3)
    urgent = bench.say("Stop!", priority=Say.Goal.PRIORITY_URGENT)
    one, two = bench.result(first), bench.result(second)
    assert {one.result.error_code, two.result.error_code} == {CODE.PREEMPTED}
    assert one.status == GoalStatus.STATUS_ABORTED
    assert one.result.spoken_text
    assert two.result.spoken_text == ""
    assert bench.result(urgent).result.spoken_text == "Stop!"


def test_a_player_that_was_told_to_stop_ends_the_goal(bench):
    handle = bench.say(LONG)
    bench.playing(0.5)
    bench.peer.publisher(PlaybackControl, "playback_control", subscribers=2).publish(
        PlaybackControl(command=PlaybackControl.FLUSH)
    )
    response = bench.result(handle)
    assert response.result.error_code == CODE.CANCELLED
    assert LONG.startswith(response.result.spoken_text)


def test_without_a_player_the_goal_fails_with_the_cure(ros, monkeypatch):
    bench = Bench(ros, monkeypatch, player=False, player_timeout=0.4)
    heard = bench.peer.record(DiagnosticArray, "/diagnostics")
    result = bench.result(bench.say("Hello.")).result
    assert result.error_code == CODE.PLAYER_FAILED
    assert "Start audio_player" in result.error_msg
    ros.wait(lambda: any("Start audio_player" in m.status[0].message for m in heard))
    ros.wait(lambda: bench.orders)  # a player that comes late must not play it


def test_without_waiting_for_playback_the_goal_ends_when_it_was_sent(ros, monkeypatch):
    bench = Bench(ros, monkeypatch, player=False, wait_for_playback=False)
    result = bench.result(bench.say(LONG)).result  # nobody plays it
    assert (result.error_code, result.spoken_text) == (CODE.NONE, LONG)
    assert result.spoken_seconds > 3.0


def test_a_player_that_dies_in_the_middle_fails_the_goal(ros, monkeypatch):
    bench = Bench(ros, monkeypatch, player=False, player_timeout=0.4)
    clock = held_time(monkeypatch)
    playback = bench.peer.publisher(PlaybackState, "playback", subscribers=2)
    handle = bench.say(LONG)
    future = bench.peer.ending(handle)
    ros.wait(lambda: bench.speech)
    for _ in range(4):
        playback.publish(PlaybackState(state=1, say_id=bench.speech[0].say_id, seconds_played=1.0))
        ros.settle(bench.node)
        clock.now += 0.15
    assert not future.done()
    clock.now += 0.4
    response = bench.result(handle)
    assert response.result.error_code == CODE.PLAYER_FAILED
    assert response.result.spoken_text.startswith("one two")


def test_a_clause_the_player_lost_is_not_waited_for_for_ever(ros, monkeypatch):
    bench = Bench(ros, monkeypatch, player=False, player_timeout=0.4)
    clock = held_time(monkeypatch)
    playback = bench.peer.publisher(PlaybackState, "playback", subscribers=2)
    lost, later = bench.say("This was lost."), bench.say(LONG)
    ros.wait(lambda: len({m.say_id for m in bench.speech}) == 2)
    second = bench.speech[-1].say_id
    future = bench.peer.ending(lost)
    for _ in range(12):
        playback.publish(PlaybackState(state=1, say_id=second, seconds_played=1.0))
        ros.settle(bench.node)
        clock.now += 0.1
    ros.wait(future.done, what="the end of what was lost")
    assert future.result().result.error_code == CODE.PLAYER_FAILED
    playback.publish(PlaybackState(state=3, say_id=second, seconds_played=3.5))
    assert bench.result(later).result.spoken_text == LONG


def test_a_sink_that_broke_fails_the_goal_with_its_words(ros, monkeypatch):
    bench = Bench(ros, monkeypatch, player=False)
    playback = bench.peer.publisher(PlaybackState, "playback", subscribers=2)
    handle = bench.say(LONG)
    ros.wait(lambda: bench.speech)
    playback.publish(PlaybackState(state=5, say_id=bench.speech[0].say_id, detail="unplugged. Plug it in."))
    result = bench.result(handle).result
    assert (result.error_code, result.error_msg) == (CODE.PLAYER_FAILED, "unplugged. Plug it in.")


@pytest.mark.parametrize(
    ("goal", "code", "message"),
    [
        ({"text": "😀 ..."}, CODE.EMPTY_TEXT, "nothing"),
        ({"text": ""}, CODE.EMPTY_TEXT, "nothing"),
        ({"text": "Hi.", "voice": "ana"}, CODE.UNKNOWN_VOICE, "Did you mean anna.*anna, bert"),
        ({"text": "Hi.", "speed": float("nan")}, CODE.BAD_SPEED, "nan"),
        ({"text": "Hi.", "speed": -1.0}, CODE.BAD_SPEED, "within"),
        ({"text": "Hi.", "speed": 2.5}, CODE.BAD_SPEED, "within"),
    ],
)
def test_a_goal_that_cannot_be_spoken_says_why(bench, goal, code, message):
    import re

    response = bench.result(bench.say(**goal))
    assert response.status == GoalStatus.STATUS_ABORTED
    assert response.result.error_code == code
    assert re.search(message, response.result.error_msg)


def test_voice_and_speed_of_the_goal_are_used(bench):
    bench.result(bench.say("Hello.", voice="bert", speed=2.0))
    assert bench.voice.said == [("Hello.", "bert", 2.0)]


def test_more_than_the_queue_holds_is_refused(ros, monkeypatch):
    bench = Bench(ros, monkeypatch, queue_size=2)
    bench.voice.hold = threading.Event()
    handles = [bench.say(f"This is sentence {n}.") for n in ("one", "two", "three")]
    refused = bench.result(handles[2]).result
    assert refused.error_code == CODE.QUEUE_FULL
    assert "queue_size" in refused.error_msg
    bench.voice.hold.set()
    assert bench.result(handles[1]).result.error_code == CODE.NONE


def test_an_engine_that_fails_is_told_and_the_next_clause_is_spoken(bench):
    bench.voice.fail_with = "out of phonemes."
    result = bench.result(bench.say("Hello.")).result
    assert result.error_code == CODE.ENGINE_FAILED
    assert "out of phonemes" in result.error_msg
    bench.voice.fail_with = None
    assert bench.result(bench.say("Hello.")).result.spoken_text == "Hello."


def test_an_engine_that_fails_half_way_tells_what_was_heard(bench):
    real = bench.voice.synthesize

    def once(text, *rest):
        bench.voice.fail_with = "out of breath." if bench.voice.said else None
        return real(text, *rest)

    bench.voice.synthesize = once
    result = bench.result(bench.say("This is the first sentence. This is the second one, which nobody hears.")).result
    assert result.error_code == CODE.ENGINE_FAILED
    assert result.spoken_text.startswith("This is the")
    assert "nobody" not in result.spoken_text


def test_deactivate_ends_the_goals_and_activate_takes_new_ones(bench):
    handle = bench.say(LONG)
    bench.playing(0.2)

    def change(transition):
        request = ChangeState.Request(transition=Transition(id=transition))
        assert bench.peer.call(ChangeState, "tts/change_state", request).success

    change(Transition.TRANSITION_DEACTIVATE)
    assert bench.result(handle).result.error_code == CODE.CANCELLED
    assert not bench.say("Hello.").accepted
    change(Transition.TRANSITION_ACTIVATE)
    bench.ros.wait(lambda: bench.node.count_subscribers("speech") >= 2)
    assert bench.result(bench.say("Hello again.")).result.spoken_text == "Hello again."
    change(Transition.TRANSITION_DEACTIVATE)
    change(Transition.TRANSITION_CLEANUP)
    assert bench.voice.closed
    change(Transition.TRANSITION_CONFIGURE)
    change(Transition.TRANSITION_ACTIVATE)
    assert bench.result(bench.say("And again.")).result.spoken_text == "And again."


def test_a_waiting_goal_gives_a_sign_of_life(bench):
    bench.voice.hold = threading.Event()
    handle = bench.say("Hello.")
    bench.ros.wait(lambda: len(bench.feedback) >= 4, what="feedback once a second")
    bench.voice.hold.set()
    bench.result(handle)


def test_what_was_prepared_is_not_played_before_a_goal_asks_for_it(bench):
    bench.prepare("Sure, I can tell you.", turn_id="t1", generation=1)
    bench.made("Sure, I can tell you.")
    time.sleep(0.2)
    assert bench.speech == []
    assert bench.result(bench.say("Sure, I can tell you.", turn_id="t1", generation=1)).result.spoken_seconds > 1.0
    assert len(bench.voice.said) == 1
    assert bench.figures()["prepared_hits"] == 1


def test_the_stamps_of_prepared_speech_show_what_was_done_before_the_goal(bench):
    bench.prepare("Sure, I can tell you.")
    bench.made("Sure, I can tell you.")
    asked = time.time_ns()
    bench.result(bench.say("Sure, I can tell you."))
    last = bench.feedback[-1]
    assert to_ns(last.tts_request) < to_ns(last.first_audio) < asked < to_ns(last.first_played)
    assert len({to_ns(f.tts_request) for f in bench.feedback if to_ns(f.tts_request)}) == 1


def test_a_goal_goes_on_with_what_is_being_prepared(bench):
    bench.voice.hold = threading.Event()
    bench.prepare("Sure, I can tell you.")
    bench.begun("Sure, I can tell you.")
    asked = time.time_ns()
    handle = bench.say("Sure, I can tell you.")
    bench.voice.hold.set()
    bench.result(handle)
    last = bench.feedback[-1]
    assert to_ns(last.tts_request) < asked < to_ns(last.first_audio)
    assert len(bench.voice.said) == 1


def test_a_goal_does_not_wait_for_what_nobody_wants_any_more(bench):
    bench.voice.hold = threading.Event()  # never set: waiting for it would have no end
    bench.prepare("Never said by anybody.", turn_id="t1", generation=1)
    bench.begun("Never said by anybody.")
    bench.voice.hold = None
    bench.result(bench.say("What really matters.", turn_id="t2", generation=2))
    assert [said[0] for said in bench.voice.said] == ["What really matters."]
    assert bench.figures()["prepared_dropped"] == 1


def test_an_empty_text_or_another_generation_gives_up_what_was_asked_for(bench):
    bench.voice.hold = threading.Event()
    bench.prepare("An answer to half a question.", "And more of it.", turn_id="t1", generation=1)
    bench.prepare("The answer to all of it.", turn_id="t1", generation=2)
    bench.ros.wait(lambda: bench.figures()["prepared_dropped"] == 2)
    bench.prepare("", turn_id="t1", generation=2)
    bench.ros.wait(lambda: bench.figures()["prepared_dropped"] == 3)
    bench.voice.hold.set()
    time.sleep(0.2)
    assert bench.voice.said == []


def test_stock_phrases_are_made_when_idle_and_the_next_start_has_them(ros, monkeypatch, cache):
    bench = Bench(ros, monkeypatch)
    phrases = [f"Stock phrase number {n}." for n in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"]  # one burst of 40
    bench.prepare(*phrases, keep=True)
    ros.wait(lambda: bench.figures()["stock"] == len(phrases))
    ros.wait(lambda: len(list((cache / "speech").glob("*.wav"))) == len(phrases))
    bench.result(bench.say("This is an answer, and private."))
    assert len(list((cache / "speech").glob("*.wav"))) == len(phrases)
    ros.stop(bench.node)
    ros.stop(bench.player)
    again = Bench(ros, monkeypatch)
    assert again.result(again.say(phrases[7])).result.spoken_text == phrases[7]
    assert again.voice.said == []


def test_what_cannot_be_prepared_is_refused_and_the_rest_goes_on(bench):
    bench.prepare("Hello there, my friend.", voice="ana")
    bench.prepare("Hello there, my friend.", speed=9.0)
    bench.prepare("😀 ...")
    bench.prepare("Hello there, my friend.", voice="bert", speed=1.1)
    bench.made("Hello there, my friend.")
    bench.result(bench.say("Hello there, my friend.", voice="bert", speed=1.1))
    assert [said[1] for said in bench.voice.said] == ["bert"]


def test_the_real_voice_goes_from_goal_to_sound_at_once_when_it_was_prepared(ros):
    peer = ros.peer()
    ros.start(AudioPlayerNode, PLAYER)
    node = ros.start(TtsNode, {"voice": "af_sarah", "keep_on_disk": False, **PATIENT})
    ros.wait(lambda: node.count_subscribers("speech") == 1 and node.count_publishers("playback") == 1)
    prepare = peer.publisher(PrepareSpeech, "prepare_speech", PREPARE_QOS)
    text = "The sky is blue because air scatters short wavelengths more than long ones."
    prepare.publish(PrepareSpeech(text=text, turn_id="t1", generation=1))
    ros.wait(lambda: node.health().values["prepared"] == 1 and node._backstage._prepared.next() is None)
    ros.wait(lambda: node._backstage_worker.backlog == 0)
    feedback, synthesised = [], count_calls(node)
    asked = time.time_ns()
    handle = peer.send_goal(Say, "say", Say.Goal(text=text, turn_id="t1", generation=1), feedback.append)
    assert peer.result(handle).result.spoken_text == text
    ros.settle(peer.node, messages=128)
    assert synthesised == []  # nothing is left to be done but to play it
    assert to_ns(feedback[-1].first_audio) < asked < to_ns(feedback[-1].first_played)


def test_the_real_voice_is_never_idle_while_clauses_wait_and_starts_at_once(ros, monkeypatch):
    player_on(PatientClock(), monkeypatch)
    peer = ros.peer()
    states = peer.record(PlaybackState, "playback", 100)
    ros.start(AudioPlayerNode, PLAYER)
    node = ros.start(TtsNode, {"voice": "af_sarah", "keep_on_disk": False, **PATIENT})
    ros.wait(lambda: node.count_subscribers("speech") == 1 and node.count_publishers("playback") == 1)
    begun, real = [], node._synthesizer.synthesize

    def watched(*order):
        begun.append(time.time_ns())
        yield from real(*order)

    node._synthesizer.synthesize = watched
    texts = ["Sure, I can tell you.", "The sky is blue.", "That is why the evening sun looks red."]
    handles = [peer.send_goal(Say, "say", Say.Goal(text=text)) for text in texts]
    assert [peer.result(h).result.spoken_text for h in handles] == texts
    ros.settle(peer.node, messages=128)
    ends = [s for s in states if s.state == PlaybackState.FINISHED]
    assert len(begun) == len(ends) == 3
    for following, end in zip(begun[1:], ends, strict=False):
        assert following < to_ns(end.header.stamp)  # it was begun while the one before was still heard
    for end in ends:
        assert 0 <= to_ns(end.first_audible) - to_ns(end.first_sample) <= 20e6


def test_the_real_voice_is_heard(ros):
    peer = ros.peer()
    speech = peer.record(SpeechAudio, "speech", SPEECH)
    ros.start(AudioPlayerNode, PLAYER)
    node = ros.start(TtsNode, {"voice": "af_sarah", "stock_phrases": ["Sure."], **PATIENT})
    ros.wait(lambda: node.count_subscribers("speech") == 2 and node.count_publishers("playback") == 1)
    feedback, synthesised = [], count_calls(node)
    handle = peer.send_goal(Say, "say", Say.Goal(text="Sure."), feedback.append)
    assert peer.result(handle).result.spoken_text == "Sure."
    ros.settle(peer.node, messages=128)
    assert synthesised == []  # a stock phrase is made already
    assert to_ns(feedback[-1].first_played) > 0
    sound = np.frombuffer(b"".join(bytes(m.audio.data) for m in speech), np.int16)
    assert 0.3 < len(sound) / 24_000 < 1.5
    assert np.max(np.abs(sound)) > 2000


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"voice": "af_sara"}, "Did you mean af_sarah"),
        ({"model": "no-such-model"}, "make models"),
        ({"pronunciations": ["Reachy"]}, "word=spelling"),
    ],
)
def test_a_start_that_fails_names_the_cure(ros, params, message):
    heard = ros.peer().record(DiagnosticArray, "/diagnostics")
    node = ros.start(TtsNode, params, wait=False)
    ros.wait(lambda: any(message in m.status[0].message for m in heard))
    assert not node.active
