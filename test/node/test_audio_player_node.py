"""audio_player alone: speech in, playback out."""

import array
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from voice_pipeline.msg import PlaybackControl, PlaybackState, SpeechAudio
from voice_pipeline.srv import SetVolume

from voice_fakes import RATE, UnhurriedClock, player_on, tone
from voice_pipeline.audio.formats import to_bytes
from voice_pipeline.nodes import audio_player as module
from voice_pipeline.nodes.audio_player import AudioPlayerNode
from voice_pipeline.ros.qos import LATCHED, SPEECH
from voice_pipeline.ros.stamps import to_ns


def chunks(say_id, samples, step=48_000):
    parts = [samples[i : i + step] for i in range(0, len(samples), step)]
    for i, part in enumerate(parts):
        message = SpeechAudio(
            say_id=say_id, turn_id="turn", sequence=i, sample_rate=RATE, channels=1, is_last=i == len(parts) - 1
        )
        message.audio.data = array.array("B", to_bytes(part))
        yield message


@pytest.fixture
def clock(monkeypatch):
    """The time of player and sink: it does not run while the machine stalls."""
    return player_on(UnhurriedClock(), monkeypatch)


class Bench:
    def __init__(self, ros, **params):
        self.ros = ros
        self.peer = ros.peer()
        self.states = self.peer.record(PlaybackState, "playback", 100)
        self.node = ros.start(AudioPlayerNode, {"sink": "null", **params})
        self.speech = self.peer.publisher(SpeechAudio, "speech", SPEECH)
        self.orders = self.peer.publisher(PlaybackControl, "playback_control")
        ros.wait(lambda: self.node.count_subscribers("playback") >= 1)

    def say(self, say_id, samples):
        for message in chunks(say_id, samples):
            self.speech.publish(message)

    def order(self, command, say_id="", gain_db=0.0):
        self.orders.publish(PlaybackControl(command=command, say_id=say_id, gain_db=gain_db))

    def wait_for(self, state, say_id):
        found = lambda: next((s for s in self.states if s.state == state and s.say_id == say_id), None)  # noqa: E731
        return self.ros.wait(found, what=f"state {state} of {say_id}")

    def note(self, clock, order):
        """The player's wall times at which an order reaches it."""
        times, real = [], getattr(self.node._player, order)
        setattr(self.node._player, order, lambda *a: (times.append(clock.wall_ns()), real(*a)))
        return times


def test_speech_is_played_in_real_time_and_told(ros, clock):
    bench = Bench(ros)
    begun, begun_ns, clock_ns = time.monotonic(), clock.wall_ns(), clock.monotonic_ns()
    bench.say("a", tone(0.5))
    end = bench.wait_for(PlaybackState.FINISHED, "a")
    assert time.monotonic() - begun > 0.45
    assert (clock.monotonic_ns() - clock_ns) / 1e9 == pytest.approx(0.5, abs=0.05)
    assert end.seconds_played == pytest.approx(0.5, abs=0.001)
    assert end.turn_id == "turn"
    assert 0 <= to_ns(end.first_audible) - begun_ns < 0.1e9  # on the wall clock
    assert sum(1 for s in bench.states if s.state == PlaybackState.PLAYING) >= 5
    bench.wait_for(PlaybackState.IDLE, "")


def test_flush_is_answered_within_a_hundred_milliseconds(ros, clock):
    bench = Bench(ros)
    asked = bench.note(clock, "flush")
    bench.say("a", tone(20.0))
    bench.wait_for(PlaybackState.PLAYING, "a")
    bench.order(PlaybackControl.FLUSH, "a")
    flushed = bench.wait_for(PlaybackState.FLUSHED, "a")
    played_until = to_ns(flushed.first_sample) + flushed.seconds_played * 1e9
    assert played_until - asked[0] < 0.1e9  # by the player's time
    assert 0.0 < flushed.seconds_played < 20.0


def test_pause_duck_and_resume(ros, clock):
    bench = Bench(ros, longest_pause_s=600.0)
    bench.say("a", tone(3.0))
    bench.wait_for(PlaybackState.PLAYING, "a")
    bench.order(PlaybackControl.PAUSE)
    paused = bench.wait_for(PlaybackState.PAUSED, "a")
    time.sleep(0.3)
    assert bench.states[-1].seconds_played == pytest.approx(paused.seconds_played)
    bench.order(PlaybackControl.RESUME)
    bench.order(PlaybackControl.DUCK, gain_db=-30.0)
    bench.wait_for(PlaybackState.FINISHED, "a")
    assert min(s.level_dbfs for s in bench.states if s.state == PlaybackState.PLAYING) < -40.0


def test_speech_that_comes_in_a_pause_is_held_until_resume(ros, clock):
    bench = Bench(ros, longest_pause_s=600.0)
    resumed = bench.note(clock, "resume")
    bench.order(PlaybackControl.PAUSE)
    ros.settle(bench.node)
    bench.say("a", tone(0.3))
    held = bench.wait_for(PlaybackState.PAUSED, "a")
    time.sleep(0.3)
    assert bench.states[-1].state == PlaybackState.PAUSED
    assert (held.seconds_played, to_ns(held.first_sample)) == (0.0, 0)
    bench.order(PlaybackControl.RESUME)
    end = bench.wait_for(PlaybackState.FINISHED, "a")
    assert end.seconds_played == pytest.approx(0.3, abs=0.001)
    assert 0 <= to_ns(end.first_audible) - resumed[0] < 0.1e9  # by the player's time


def test_a_pause_is_silence_within_a_period_and_the_fade(ros, clock, tmp_path):
    bench = Bench(ros, sink="file", file_path=str(tmp_path / "out.wav"), longest_pause_s=600.0)
    asked = bench.note(clock, "pause")
    heard = bench.peer.record(AudioDataStamped, "playback/audio", SPEECH)
    ros.wait(lambda: heard or bench.node.count_subscribers("playback/audio") == 1)
    bench.say("a", np.full(20 * RATE, 5000, np.int16))
    bench.wait_for(PlaybackState.PLAYING, "a")
    delays = []
    for turn in range(20):
        time.sleep(0.10 + 0.0031 * turn)  # at every phase of a period
        bench.order(PlaybackControl.PAUSE)
        ros.wait(lambda: bench.states[-1].state == PlaybackState.PAUSED, what="the pause")
        ros.settle(bench.peer.node, messages=32)
        last = heard[-1]
        sound = np.frombuffer(bytes(last.audio.data), np.int16)
        end = to_ns(last.header.stamp) + int((np.flatnonzero(sound)[-1] + 1) / RATE * 1e9)
        delays.append((end - asked[-1]) / 1e6)
        bench.order(PlaybackControl.RESUME)
        ros.wait(lambda: bench.states[-1].state == PlaybackState.PLAYING, what="the sound")
    print(
        f"\nPAUSE to silence: p50 {np.median(delays):.1f} ms, p95 {np.percentile(delays, 95):.1f} ms, max {max(delays):.1f}"
    )
    assert max(delays) <= 20 + 10 + 0.1  # by the player's time: the rest of a period, and the fade


def test_a_pause_that_nobody_ends_is_ended_and_told(ros, clock):
    bench = Bench(ros, longest_pause_s=0.5)
    told = bench.peer.record(DiagnosticArray, "/diagnostics")
    bench.say("a", tone(3.0))
    bench.wait_for(PlaybackState.PLAYING, "a")
    bench.order(PlaybackControl.PAUSE)
    assert bench.wait_for(PlaybackState.FINISHED, "a").seconds_played == pytest.approx(3.0, abs=0.001)
    ros.wait(lambda: any("pause was ended" in m.status[0].message for m in told))


def test_a_clause_is_not_lost_to_a_burst(ros):
    bench = Bench(ros)
    for i in range(10):
        bench.say(f"s{i}", tone(1.0)[: RATE // 10])
    bench.wait_for(PlaybackState.FINISHED, "s9")
    done = [s for s in bench.states if s.state == PlaybackState.FINISHED]
    assert [s.say_id for s in done] == [f"s{i}" for i in range(10)]
    assert not any(s.detail for s in done)


def test_what_was_played_can_be_heard_with_its_stamps(ros, clock):
    bench = Bench(ros)
    heard = bench.peer.record(AudioDataStamped, "playback/audio", SPEECH)
    infos = bench.peer.record(AudioInfo, "playback/audio_info", LATCHED)
    ros.wait(lambda: infos and bench.node.count_subscribers("playback/audio") == 1)
    bench.say("a", tone(0.2))
    bench.wait_for(PlaybackState.FINISHED, "a")
    ros.settle(bench.peer.node, messages=32)
    assert (infos[0].sample_rate, infos[0].channels, infos[0].sample_format) == (RATE, 1, "S16LE")
    sound = np.frombuffer(b"".join(bytes(m.audio.data) for m in heard), np.int16)
    assert np.array_equal(sound, tone(0.2))
    gaps = np.diff([to_ns(m.header.stamp) for m in heard])
    assert set(np.round(gaps / 1e6)) == {20}


def test_the_volume_is_live_and_a_wrong_one_is_refused(ros):
    bench = Bench(ros)

    def set_volume(value):
        request = SetParameters.Request(parameters=[Parameter("volume", value=value).to_parameter_msg()])
        return bench.peer.call(SetParameters, "audio_player/set_parameters", request).results[0]

    assert set_volume(0.0).successful
    bench.say("a", tone(0.2))
    assert to_ns(bench.wait_for(PlaybackState.FINISHED, "a").first_audible) == 0
    assert not set_volume(1.5).successful


def test_deactivate_gives_up_what_waits_and_activate_plays_again(ros, tmp_path):
    bench = Bench(ros, sink="file", file_path=str(tmp_path / "out.wav"))
    bench.say("a", tone(3.0))
    bench.wait_for(PlaybackState.PLAYING, "a")
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE):
        request = ChangeState.Request(transition=Transition(id=transition))
        assert bench.peer.call(ChangeState, "audio_player/change_state", request).success
    bench.wait_for(PlaybackState.FLUSHED, "a")
    ros.wait(lambda: bench.speech.get_subscription_count() == 1)
    ros.wait(lambda: bench.node.count_subscribers("playback") >= 1)
    bench.say("b", tone(0.3))
    bench.wait_for(PlaybackState.FINISHED, "b")
    assert soundfile.info(tmp_path / "out.wav").duration == pytest.approx(0.3, abs=0.03)


def test_a_sink_that_breaks_is_told_with_its_cure_and_comes_back(ros, tmp_path, monkeypatch):
    bench = Bench(ros, sink="file", file_path=str(tmp_path / "out.wav"))
    heard = bench.peer.record(DiagnosticArray, "/diagnostics")
    real = module.Player  # the disk is full for a while
    assert real
    sink = bench.node._player._sink

    def full(block):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sink, "_put", full)
    bench.say("a", tone(0.3))
    failed = bench.wait_for(PlaybackState.FAILED, "a")
    assert "Free some space" in failed.detail
    ros.wait(lambda: any("No space left" in m.status[0].message for m in heard))
    monkeypatch.undo()
    ros.wait(lambda: not bench.node._player.fault)
    bench.say("b", tone(0.2))
    bench.wait_for(PlaybackState.FINISHED, "b")


def test_a_missing_file_path_fails_activate_with_the_cure(ros):
    heard = ros.peer().record(DiagnosticArray, "/diagnostics")
    node = ros.start(AudioPlayerNode, {"sink": "file"}, wait=False)
    ros.wait(lambda: any("Set `file_path`" in m.status[0].message for m in heard))
    assert not node.active


def test_the_process_ends_on_ctrl_c_and_its_file_is_whole(ros, tmp_path):
    path = tmp_path / "out.wav"
    command = [sys.executable, "-m", "voice_pipeline.nodes.audio_player", "--ros-args"]
    command += ["-p", "sink:=file", "-p", f"file_path:={path}"]
    env = {**os.environ, "ROS_DOMAIN_ID": str(ros.domain)}
    process = subprocess.Popen(command, env=env)
    try:
        peer = ros.peer()
        states = peer.record(PlaybackState, "playback", 100)
        speech = peer.publisher(SpeechAudio, "speech", SPEECH)
        ros.wait(lambda: peer.node.count_publishers("playback") == 1)
        for message in chunks("a", tone(100.0)):  # longer than anybody waits
            speech.publish(message)
        ros.wait(lambda: any(s.seconds_played > 0.3 for s in states))
        process.send_signal(signal.SIGINT)
        assert process.wait(60.0) == 0
        assert soundfile.info(path).duration > 0.3
    finally:
        process.kill()
        process.wait()


def test_the_volume_is_changed_by_steps_and_outright_and_the_parameter_follows(ros):
    bench = Bench(ros, volume=0.5)

    def ask(volume, relative):
        request = SetVolume.Request(volume=volume, relative=relative)
        return bench.peer.call(SetVolume, "audio_player/set_volume", request)

    answers = [ask(0.2, True), ask(0.9, True), ask(-0.95, True), ask(-0.2, True), ask(0.0, False)]
    assert [round(a.volume, 2) for a in answers] == [0.7, 1.0, 0.1, 0.1, 0.0]
    assert all(a.success for a in answers)
    assert answers[0].message == "The volume is 70 percent."
    assert answers[1].message == "The volume is 100 percent."
    assert answers[3].message == "The volume is 10 percent, as quiet as I go."
    assert bench.node.get_parameter("volume").value == 0.0
    refused = ask(float("nan"), False)
    assert not refused.success
    assert "from 0 to 1" in refused.message
    bench.say("a", tone(0.2))
    assert bench.wait_for(PlaybackState.FINISHED, "a").level_dbfs == -float("inf")
