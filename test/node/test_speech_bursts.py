"""tts and player when much happens at once, and when they end in the middle of a word."""

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from test_tts_node import CODE, Bench, cache
from voice_pipeline.action import Say
from voice_pipeline.msg import PlaybackControl, PlaybackState

__all__ = ["cache"]  # the fixture
MANY = 24


def test_a_flush_of_everything_is_heard_for_every_clause(ros, monkeypatch):
    bench = Bench(ros, monkeypatch, queue_size=64)
    orders = bench.peer.publisher(PlaybackControl, "playback_control", subscribers=2)
    orders.publish(PlaybackControl(command=PlaybackControl.PAUSE))
    ros.wait(lambda: bench.player._player.paused)
    handles = [bench.say(f"This is clause number {n}.") for n in range(MANY)]
    ros.wait(lambda: sum(m.is_last for m in bench.speech) == MANY)
    orders.publish(PlaybackControl(command=PlaybackControl.FLUSH))
    codes = [bench.peer.result(handle).result.error_code for handle in handles]
    assert set(codes) == {CODE.CANCELLED}


def test_what_is_urgent_ends_everything_that_waits_however_much_it_is(ros, monkeypatch):
    """Each clause is given up by an order of its own, all in one moment."""
    bench = Bench(ros, monkeypatch, queue_size=64)
    waiting = {bytes(bench.say(f"This is clause number {n}.").goal_id.uuid).hex() for n in range(MANY)}
    ros.wait(lambda: sum(m.is_last for m in bench.speech) == MANY)
    before = len(bench.states)
    bench.peer.result(bench.say("Stop.", priority=Say.Goal.PRIORITY_URGENT))
    ros.settle(bench.player, bench.peer.node, messages=128)
    played_on = {s.say_id for s in bench.states[before:] if s.state == PlaybackState.FINISHED} & waiting
    assert len(played_on) <= 1  # one may end at that moment


def test_a_long_piece_in_small_messages_arrives_whole(ros, monkeypatch):
    bench = Bench(ros, monkeypatch, chunk_ms=20.0, speed=0.5)
    text = "this is a very long piece without any end that goes on and on " * 2
    bench.say(text.strip())
    done = lambda: [s for s in bench.states if s.state == PlaybackState.FINISHED]  # noqa: E731
    ros.wait(done)
    assert done()[0].detail == ""


def test_a_shutdown_in_the_middle_of_a_word_ends_the_node_and_not_its_process(ros, monkeypatch):
    bench = Bench(ros, monkeypatch)
    bench.say("Hello there, my friend, how are you today?")
    bench.playing()
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_ACTIVE_SHUTDOWN))
    assert bench.peer.call(ChangeState, "tts/change_state", request).success
    ros.settle(bench.node)
    assert bench.voice.closed
