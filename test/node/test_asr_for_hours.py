"""asr after faults that are over, and after what happened before it came up."""

import array
import time

from audio_common_msgs.msg import AudioData, AudioDataStamped
from test_asr_node import Fake, World
from voice_pipeline.msg import TurnState

from voice_pipeline.asr.attention import Attention
from voice_pipeline.nodes._dialogue_output import TURNS
from voice_pipeline.nodes.asr import AsrNode
from voice_pipeline.ros.stamps import to_msg


def test_one_malformed_message_is_no_fault_for_ever(ros, monkeypatch):
    world = World(ros, monkeypatch)
    world.audio.publish(AudioDataStamped(audio=AudioData(data=array.array("B", b"abc"))))
    ros.wait(lambda: any("3 bytes" in s.message for m in world.health for s in m.status))
    world.listen(0.2)
    ros.wait(lambda: world.health and not any("3 bytes" in s.message for s in world.health[-1].status))


def test_an_answer_that_ended_before_it_came_up_opens_no_window(ros, monkeypatch):
    """The latched topic tells the last ten states again."""
    monkeypatch.setattr("voice_pipeline.nodes.asr.make_engine", lambda name, options: Fake())
    peer = ros.peer()
    turns = peer.publisher(TurnState, "turn", TURNS, subscribers=0)
    for state in (TurnState.THINKING, TurnState.SPEAKING, TurnState.LISTENING):
        message = TurnState(state=state)
        message.header.stamp = to_msg(time.time_ns() - 60_000_000_000)
        turns.publish(message)
    told, usual = [], Attention.turn

    def turn(self, *states, **more):
        usual(self, *states, **more)
        told.append(states)

    monkeypatch.setattr(Attention, "turn", turn)
    node = ros.start(AsrNode, {"wake_word": "phrase", "wake_window_s": 600.0})
    ros.wait(lambda: len(told) == 3)
    assert not node._attention.attention.open
    turns.publish(TurnState(state=TurnState.SPEAKING))
    ros.wait(lambda: node._attention.attention.open)
