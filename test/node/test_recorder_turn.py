"""recorder: states of a turn that follow each other within a millisecond are all in the file."""

from test_recorder_node import decoded
from voice_pipeline.msg import TurnState

from voice_pipeline.nodes._dialogue_output import TURNS
from voice_pipeline.nodes.recorder import RecorderNode


def test_every_state_of_a_turn_is_kept(ros, tmp_path):
    node = ros.start(RecorderNode, {"folder": str(tmp_path), "min_free_mb": 0})
    turns = ros.peer().publisher(TurnState, "turn", TURNS)
    sent = [TurnState.COMMITTED, TurnState.THINKING, TurnState.SPEAKING, TurnState.INTERRUPTED, TurnState.LISTENING]
    for state in sent:
        turns.publish(TurnState(state=state))
    ros.settle(node, messages=10)
    ros.stop(node)
    assert [body.state for topic, _, body in decoded(tmp_path) if topic == "/turn"] == sent
