"""What a node does now and then goes on whatever the machine's clock does. Where nobody publishes /clock, use_sim_time stands
for a clock that was set back: ROS time does not get to the next call."""

from diagnostic_msgs.msg import DiagnosticArray
from voice_pipeline.msg import MotionState

from voice_pipeline.nodes.motion import MotionNode


def test_a_node_goes_on_telling_how_it_is_while_ros_time_stands_still(ros):
    peer = ros.peer()
    health, states = peer.record(DiagnosticArray, "/diagnostics"), peer.record(MotionState, "motion/state")
    ros.start(MotionNode, {"robot": "none", "use_sim_time": True})
    ros.wait(lambda: len(health) >= 3 and len(states) >= 10, what="diagnostics and states")
