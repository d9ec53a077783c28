"""asr over DDS: an utterance in parts, the robot's own words, audio that was lost, and which parameter rejected what."""

import array

import numpy as np
import pytest
from audio_common_msgs.msg import AudioData
from test_asr_node import World
from voice_pipeline.msg import PlaybackState, SpeechAudio, VoiceActivity

from voice_pipeline.ros.qos import EVENTS, SPEECH
from voice_pipeline.ros.stamps import to_msg


@pytest.fixture
def world(ros, monkeypatch):
    return World(ros, monkeypatch)


def play(ros, world, text, begin, end):
    """The robot says a text from `begin` to `end`, in s of the audio."""
    peer = ros.peer()
    speech = peer.publisher(SpeechAudio, "speech", SPEECH)
    playback = peer.publisher(PlaybackState, "playback", EVENTS)
    ros.wait(lambda: speech.get_subscription_count() and playback.get_subscription_count(), what="discovery")
    sound = array.array("B", bytes(2 * int(24_000 * (end - begin))))
    speech.publish(SpeechAudio(say_id="s1", sample_rate=24_000, channels=1, text=text, audio=AudioData(data=sound)))
    ros.settle(world.node)
    for t in np.arange(begin, end, 0.1):
        message = PlaybackState(state=PlaybackState.PLAYING, say_id="s1", seconds_played=float(t - begin))
        message.header.stamp = to_msg(world.begin + int(t * 1e9))
        message.first_sample = to_msg(world.begin + int(begin * 1e9))
        playback.publish(message)
        ros.settle(world.node, messages=1)


def test_a_split_and_an_end_become_one_final_that_begins_where_the_utterance_did(ros, world):
    world.listen(3.0)
    world.tell(VoiceActivity.START)
    world.tell(VoiceActivity.SPLIT, start=0.2, speech_end=1.1, end=1.2, generation=1)
    world.tell(VoiceActivity.PAUSE, start=1.2, speech_end=2.1, end=2.2, generation=2)
    guess = ros.wait(lambda: world.partials)[0]
    assert (guess.text, guess.speculative) == ("heard 16000 heard 16000", True)
    world.tell(VoiceActivity.END, start=1.2, speech_end=2.1, end=2.3, generation=2, reason=1)
    final = ros.wait(lambda: world.finals)[0]
    assert (final.text, final.stable_text, final.generation) == (guess.text, guess.text, 2)
    assert final.header.stamp == to_msg(world.begin + 200_000_000)
    assert final.audio_seconds == pytest.approx(2.0)
    assert len(world.finals) == 1


def test_its_own_words_go_to_rejected_and_end_no_answer_as_a_guess(ros, world):
    world.engine.text = "I look left now."
    world.listen(3.0)
    play(ros, world, "I look left now.", 0.5, 2.5)
    world.tell(VoiceActivity.START, start=0.6)
    world.tell(VoiceActivity.PAUSE, start=0.6, speech_end=2.0, end=2.1, generation=1)
    guess = ros.wait(lambda: world.partials)[0]
    assert (guess.text, guess.rejected_by) == ("", "reject_own_voice")
    world.tell(VoiceActivity.END, start=0.6, speech_end=2.0, end=2.2, generation=1, reason=1)
    m = ros.wait(lambda: world.rejected)[0]
    assert m.rejected_reason.startswith("my own words: 100%")
    assert (m.text, m.rejected_by) == ("I look left now.", "reject_own_voice")
    assert world.finals == []


@pytest.mark.parametrize("text", ["No, please look right.", "Stop."])
def test_a_person_who_speaks_over_the_robot_is_heard(ros, world, text):
    world.engine.text = text
    world.listen(3.0)
    play(ros, world, "I look left now. Then I stop.", 0.5, 2.5)
    world.tell(VoiceActivity.END, start=0.6, speech_end=2.0, end=2.2, generation=1, reason=1)
    assert ros.wait(lambda: world.finals)[0].text == text


def test_audio_that_was_lost_is_told_with_the_cure(ros, world):
    world.listen(1.0)
    world.sent += 8_000  # half a second never arrives
    world.listen(1.0)
    ros.wait(lambda: world.said("audio was missing: 1 gaps, 0.5 s in all, 0 utterances touched"))
    assert any("Free the processor" in m.status[0].message for m in world.health)
