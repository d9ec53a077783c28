"""SayClient against a voice: what comes when it is too late."""

import time

from rclpy.node import Node
from voice_pipeline.action import Say

from executor_threads import run_in
from voice_pipeline.ros.say_client import SayClient, _Clause


def test_a_goal_that_is_answered_after_the_client_was_destroyed_ends_nothing(ros, neighbours):
    neighbours("say")
    node = Node("speaker", context=ros.context)
    ros.spin(node)
    client = SayClient(node, lambda *_: None, lambda *_: None)
    ros.wait(lambda: client.ready)
    future = run_in(node.executor, lambda: client._client.send_goal_async(Say.Goal(text="Hello.")))
    ros.wait(future.done)
    client.destroy()
    ros.settle(node)  # its executor lets go of it
    client._answered(_Clause("t1", 0, time.monotonic(), cancelled=True), future.result())  # raised: no such client
