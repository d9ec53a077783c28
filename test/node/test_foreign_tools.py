"""Interfaces of other packages as tools, by YAML alone: a service, a topic, an action, each with a real server."""

import json
import threading
import time

import pytest
from control_msgs.action import FollowJointTrajectory
from dialogue_bench import Neighbours, heard, listen
from geometry_msgs.msg import PoseStamped, Twist
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JoyFeedback
from std_srvs.srv import SetBool
from test_msgs.action import Fibonacci
from voice_pipeline.action import Converse
from voice_pipeline.msg import Reply, ToolCall, Transcript

from executor_threads import run_in, spin_in_thread, take_down
from ros_bench import RosBench, names
from scripted_model import ScriptedModel
from voice_pipeline.nodes import dialogue

TOOLS = """\
tools:
  - name: lamp
    description: Switch the lamp on or off.
    kind: service
    interface: std_srvs/srv/SetBool
    target: lamp/switch
    arguments:
      how: {type: string, enum: [on, off], set: {on: {data: true}, off: {data: false}}}
    say: "The lamp says: {result}."
    phrases: ["(turn|switch) {how} the lamp"]

  - name: drive
    description: Drive at a speed, turning.
    kind: topic
    interface: geometry_msgs/msg/Twist
    target: cmd_vel
    confirm: "Shall I really drive at {speed}?"
    arguments:
      speed: {field: linear.x, minimum: -0.2, maximum: 0.2}
      turn: {field: angular.z, scale: 0.017453293, unit: deg/s, minimum: -30, maximum: 30, default: 0}
    fixed: {linear.y: 0}
    say: "I drive."
    phrases: ["drive at {speed}"]

  - name: rumble
    description: Make the game pad rumble or light up.
    kind: topic
    interface: sensor_msgs/msg/JoyFeedback
    target: joy/feedback
    arguments:
      what: {field: type}
      strength: {field: intensity, minimum: 0, maximum: 1, default: 0.5}
    say: "Done."

  - name: count
    description: Count the Fibonacci numbers up to an order.
    kind: action
    interface: test_msgs/action/Fibonacci
    target: fibonacci
    timeout_s: 60.0
    result: sequence
    moves: false
    arguments:
      order: {field: order, minimum: 1, maximum: 40}
    phrases: ["count to {order}"]
    say: "I am counting."
    say_after: "I counted to {order}: {result}."

  - name: go_to
    description: Go to a place.
    kind: topic
    interface: geometry_msgs/msg/PoseStamped
    target: goal_pose
    fixed: {header.frame_id: map}
    arguments:
      place:
        enum: [kitchen, door]
        set:
          kitchen: {pose.position.x: 3, pose.position.y: 1.5, pose.orientation.z: 0.6, pose.orientation.w: 0.8}
          door: {pose.position.x: -1.0}
    phrases: ["go to the {place}"]
    say: "I go to the {place}."

  - name: reach
    description: Reach out.
    kind: action
    interface: control_msgs/action/FollowJointTrajectory
    target: reach
    timeout_s: 60.0
    result: error_string
    fixed: {trajectory.header.frame_id: arm}
    arguments:
      within: {field: goal_time_tolerance.sec, minimum: 1, maximum: 9}
    phrases: ["reach out within {within} seconds"]
    say: "I reach out."

  - name: stop
    description: Stop what is going on.
    kind: local
    say: "I stopped."
    phrases: ["stop"]
"""


class OtherRobot(Node):
    """Servers of interfaces that are not ours; notes what it was asked."""

    def __init__(self, bench):
        super().__init__("other_robot", context=bench.context)
        self.switched, self.orders, self.cancelled = [], [], []
        self.served = 0  # of the orders
        self.accept, self.free = True, threading.Event()
        group = ReentrantCallbackGroup()
        self.create_service(SetBool, "lamp/switch", self._switch, callback_group=group)
        self._server = ActionServer(
            self,
            Fibonacci,
            "fibonacci",
            self._count,
            callback_group=group,
            goal_callback=lambda _: GoalResponse.ACCEPT if self.accept else GoalResponse.REJECT,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )
        self.reached = []
        self._arm = ActionServer(
            self,
            FollowJointTrajectory,
            "reach",
            self._reach,
            callback_group=group,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )
        self._executor = MultiThreadedExecutor(4, context=bench.context)
        self._executor.add_node(self)
        self._thread = spin_in_thread(self._executor, "other_robot")

    def end(self):
        self.free.set()
        RosBench.wait(lambda: self.served == len(self.orders), what="the counts to end")
        for _ in range(3):  # they send their results
            run_in(self._executor, lambda: None, self._thread)
        take_down(self._executor, self._thread)
        self._server.destroy()
        self._arm.destroy()
        self.destroy_node()

    def _switch(self, request, response):
        self.switched.append(request.data)
        response.success, response.message = True, f"it is {'bright' if request.data else 'dark'} now"
        return response

    def _reach(self, handle):
        goal = handle.request
        self.reached.append((goal.trajectory.header.frame_id, goal.goal_time_tolerance.sec))
        feedback = FollowJointTrajectory.Feedback(joint_names=["elbow"])
        feedback.header.frame_id = "arm"
        handle.publish_feedback(feedback)
        while not self.free.wait(0.01):
            if handle.is_cancel_requested:
                self.cancelled.append("reach")
                handle.canceled()
                return FollowJointTrajectory.Result()
        handle.succeed()
        return FollowJointTrajectory.Result(error_string="there")

    def _count(self, handle):
        self.orders.append(handle.request.order)
        try:
            return self._fibonacci(handle)
        finally:
            self.served += 1

    def _fibonacci(self, handle):
        numbers = [0, 1]
        handle.publish_feedback(Fibonacci.Feedback(sequence=numbers))
        while not self.free.wait(0.01):
            if handle.is_cancel_requested:
                self.cancelled.append(handle.request.order)
                handle.canceled()
                return Fibonacci.Result(sequence=numbers)
        while len(numbers) < handle.request.order:
            numbers.append(numbers[-1] + numbers[-2])
        handle.succeed()
        return Fibonacci.Result(sequence=numbers)


@pytest.fixture
def model(monkeypatch):
    scripted = ScriptedModel()
    monkeypatch.setattr(dialogue, "create", lambda *_: scripted)
    return scripted


@pytest.fixture
def other(ros):
    node = OtherRobot(ros)
    yield node
    node.end()


@pytest.fixture
def start(ros, model, tmp_path, request):
    def begin(old="", new=""):
        path = tmp_path / "tools.yaml"
        path.write_text(TOOLS.replace(old, new, 1) if old else TOOLS)
        node = ros.start(dialogue.DialogueNode, {"tools_file": str(path)})
        if (
            "other" in request.fixturenames
        ):  # on a busy machine the two may take longer to find each other than a call waits
            ros.wait(lambda: hasattr(node, "_dispatcher"))
            ends = node._dispatcher._ends
            ros.wait(lambda: ends["lamp"].service_is_ready() and ends["count"].server_is_ready())
        ros.dialogue = node
        return listen(ros, node, ToolCall, "tool_calls")

    return begin


def listening(ros, kind, topic):
    return listen(ros, ros.dialogue, kind, topic)


def ask(ros, text, speak=False):
    peer = ros.peer()
    return peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text=text, speak=speak))).result


def begin(ros, text):
    """Ask without waiting for the end, which for a typed question is that of its actions."""
    ros.peer().send_goal(Converse, "converse", Converse.Goal(text=text))


def last(ros, calls, count):
    ros.wait(lambda: len(calls) >= count, what=f"{count} lines of the audit, have {names(calls, 'status')}")
    return calls[count - 1]


def test_a_service_of_another_package(ros, start, other):
    calls = start()
    assert ask(ros, "Turn on the lamp").reply == "The lamp says: it is bright now."
    assert ask(ros, "Switch off the lamp").reply == "The lamp says: it is dark now."
    assert other.switched == [True, False]
    assert json.loads(last(ros, calls, 2).arguments_json) == {"how": "on"}
    assert calls[1].status == ToolCall.SUCCEEDED


def test_a_topic_with_nested_fields_is_asked_about_limited_and_published(ros, start, other):
    calls = start()
    heard_there = listening(ros, Twist, "cmd_vel")
    assert ask(ros, "Drive at 5").reply == "Shall I really drive at 0.2?"
    assert last(ros, calls, 1).status == ToolCall.REFUSED
    assert heard_there == []
    assert ask(ros, "Yes, please").reply == "I drive."
    ros.wait(lambda: heard_there)
    assert heard_there[0].linear.x == pytest.approx(0.2)
    assert heard_there[0].angular.z == 0.0


def test_words_from_constants_arrive_as_their_numbers(ros, start, model):
    model.script = lambda q: ['{"tool": "rumble", "arguments": {"what": "rumble", "strength": 3}}']
    calls = start()
    heard_there = listening(ros, JoyFeedback, "joy/feedback")
    assert ask(ros, "Please shake the pad as hard as you can").reply == "Done."
    last(ros, calls, 2)
    ros.wait(lambda: heard_there)
    assert (heard_there[0].type, heard_there[0].intensity) == (JoyFeedback.TYPE_RUMBLE, 1.0)


def test_an_action_of_another_package_and_its_result(ros, start, other):
    other.free.set()
    calls = start()
    assert list(ask(ros, "Count to 7").tools) == ["count"]
    assert last(ros, calls, 2).result == "0, 1, 1, 2, 3, 5, 8"
    assert other.orders == [7]


def test_an_action_that_is_too_slow_is_cancelled_and_says_how_far_it_came(ros, start, other):
    calls = start()
    begin(ros, "Count to 7")
    running = ros.wait(lambda: [r for r in ros.dialogue._dispatcher._open.values() if r.so_far], what="how far it is")
    running[0].began -= 60.0  # its whole time
    assert last(ros, calls, 2).status == ToolCall.FAILED
    assert "so far: sequence 0, 1" in calls[1].result
    ros.wait(lambda: other.cancelled == [7])


def test_an_action_that_is_rejected_is_said(ros, start, other):
    other.accept = False
    calls = start()
    assert ask(ros, "Count to 7").reply == "I can't move right now."
    assert "refused the goal" in last(ros, calls, 2).result


def test_an_action_without_a_server_is_said_with_the_cure(ros, start):
    calls = start()
    assert ask(ros, "Count to 7").reply == "I can't move right now."
    assert "no action server 'fibonacci'" in last(ros, calls, 2).result


def test_words_over_the_answer_cancel_the_action(ros, start, other):
    voice = Neighbours(ros, "say", hold=True)
    try:
        calls = start()
        say = ros.peer().publisher(Transcript, "transcript")
        say.publish(heard("Count to 7"))
        ros.wait(lambda: other.orders and voice.spoken)
        say.publish(heard("What is that supposed to be?", "u2"))
        ros.wait(lambda: other.cancelled == [7], what="the goal to be cancelled")
        ros.wait(lambda: ToolCall.CANCELLED in names(calls, "status"))
    finally:
        voice.end()


def test_a_tool_that_must_not_run_while_the_robot_speaks_waits_for_the_end_of_its_words(ros, start, other, model):
    model.script = lambda q: ["I will do that now. ", '{"tool": "lamp", "arguments": {"how": "on"}}']
    voice = Neighbours(ros, "say", hold=True)
    try:
        calls = start("target: lamp/switch", "target: lamp/switch\n    while_speaking: false")
        replies = ros.peer().record(Reply, "reply")
        ros.peer().publisher(Transcript, "transcript").publish(heard("Could you make some light with the lamp"))
        ros.wait(lambda: voice.spoken)
        assert last(ros, calls, 1).status == ToolCall.REQUESTED
        time.sleep(0.3)
        assert other.switched == []
        voice.free.set()
        ros.wait(lambda: other.switched == [True])
        ros.wait(lambda: any("bright" in r.text for r in replies))
    finally:
        voice.end()


def test_a_call_that_waits_for_silence_is_dropped_when_a_new_question_comes(ros, start, other, model):
    model.script = lambda q: (
        ["I will do that now. ", '{"tool": "lamp", "arguments": {"how": "on"}}'] if "light" in q else ["Fine."]
    )
    voice = Neighbours(ros, "say", hold=True)
    try:
        calls = start("target: lamp/switch", "target: lamp/switch\n    while_speaking: false")
        say = ros.peer().publisher(Transcript, "transcript")
        say.publish(heard("Could you make some light with the lamp"))
        ros.wait(lambda: voice.spoken)
        last(ros, calls, 1)
        say.publish(heard("How are you today?", "u2"))
        assert last(ros, calls, 2).status == ToolCall.CANCELLED
        voice.free.set()
        ros.wait(lambda: any("Fine" in s for s in voice.spoken))
        assert other.switched == []
    finally:
        voice.end()


def test_a_word_that_stands_for_a_nested_pose_arrives_with_its_frame(ros, start):
    start()
    goals = listening(ros, PoseStamped, "goal_pose")
    assert ask(ros, "Go to the kitchen").reply == "I go to the kitchen."
    ask(ros, "Go to the door")
    ros.wait(lambda: len(goals) == 2)
    kitchen, door = (g.pose for g in goals)
    assert {g.header.frame_id for g in goals} == {"map"}
    assert (kitchen.position.x, kitchen.position.y) == (3.0, 1.5)
    assert (kitchen.orientation.z, kitchen.orientation.w) == (0.6, 0.8)
    assert (door.position.x, door.orientation.w) == (-1.0, 1.0)  # what is not named stays as the message has it


def test_stop_ends_an_action_of_another_package_and_its_feedback_is_told_without_stamps(ros, start, other):
    calls = start()
    begin(ros, "Reach out within 4 seconds")
    ros.wait(lambda: [r for r in ros.dialogue._dispatcher._open.values() if r.so_far], what="the first feedback")
    ros.wait(lambda: ros.dialogue._engine.turn is None, what="the answer to be over: the action goes on by itself")
    assert other.reached == [("arm", 4)]
    assert ask(ros, "Stop").reply == "I stopped."
    ended = ros.wait(lambda: [c for c in calls if c.name == "reach" and c.status == ToolCall.CANCELLED])
    assert other.cancelled == ["reach"]
    assert "joint_names elbow" in ended[0].result
    assert "stamp" not in ended[0].result


def test_another_question_leaves_an_action_whose_answer_is_over(ros, start, other, model):
    model.script = lambda q: ["It is fine."]
    calls = start()
    begin(ros, "Reach out within 4 seconds")
    ros.wait(lambda: other.reached and ros.dialogue._engine.turn is None)
    assert ask(ros, "How is the weather?").reply == "It is fine."
    assert other.cancelled == []
    other.free.set()
    ended = ros.wait(lambda: [c for c in calls if c.name == "reach" and c.status != ToolCall.REQUESTED])
    assert (ended[0].status, ended[0].result) == (ToolCall.SUCCEEDED, "there")


def test_the_end_of_an_action_is_told_when_the_tool_has_words_for_it(ros, start, other):
    other.free.set()
    start()
    replies = ros.peer().record(Reply, "reply")
    ask(ros, "Count to 4")
    ros.wait(lambda: any(r.text == "I counted to 4: 0, 1, 1, 2." for r in replies))
