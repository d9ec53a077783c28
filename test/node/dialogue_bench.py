"""Neighbours of the dialogue node for its tests: a voice that tells what was heard, moves that succeed or fail."""

from __future__ import annotations

import threading
import time
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import Trigger
from voice_pipeline.action import LookAt, PlayMove, Say
from voice_pipeline.msg import Transcript

from executor_threads import run_in, spin_in_thread, take_down
from ros_bench import PATIENCE_S


def heard(text: str, utterance_id: str = "u1", **fields: Any) -> Transcript:
    """A final transcript."""
    return Transcript(text=text, utterance_id=utterance_id, is_final=True, **fields)


class Neighbours(Node):
    """Offers what it is told to: any of "say", "play_move", "look_at", "motion/stop"."""

    def __init__(self, bench: Any, *names: str, hold: bool = False) -> None:
        super().__init__("neighbours", context=bench.context)
        self.spoken: list[str] = []
        self.voices: list[str] = []  # of each
        self.moves: list[Any] = []
        self.triggered: list[str] = []
        self._ended = False
        self._held: set[int] = set()  # goals that are being served
        self.free = threading.Event()  # lets held clauses and moves end
        if not hold:
            self.free.set()
        group = ReentrantCallbackGroup()
        kinds = {"say": (Say, self._say), "play_move": (PlayMove, self._move), "look_at": (LookAt, self._move)}
        self.offers = names
        self._servers = []
        for name in names:
            if name in kinds:
                kind, serve = kinds[name]
                accept = lambda _: CancelResponse.ACCEPT  # noqa: E731
                # Goals come in one by one, so that their order is the one they were sent in; what they do runs beside.
                server = ActionServer(
                    self,
                    kind,
                    name,
                    lambda handle, serve=serve: self._serve(handle, serve),
                    callback_group=MutuallyExclusiveCallbackGroup(),
                    goal_callback=self._note,
                    cancel_callback=accept,
                )
                self._servers.append(server)
            else:
                self.create_service(Trigger, name, lambda q, r, n=name: self._trigger(n, r), callback_group=group)
        # Held goals block their callback on purpose; a test's neighbour may, a node must not.
        self._executor = MultiThreadedExecutor(4, context=bench.context)
        self._executor.add_node(self)
        self._thread = spin_in_thread(self._executor, "neighbours")

    def end(self, abruptly: bool = False) -> None:
        """Leave the network; abruptly: goals that are held never get a result."""
        if self._ended:
            return
        self._ended = True
        if not abruptly:
            self.free.set()
            deadline = time.monotonic() + PATIENCE_S
            while self._held and time.monotonic() < deadline:
                time.sleep(0.005)
            for _ in range(3):  # what was held sends its result
                run_in(self._executor, lambda: None, self._thread)
        take_down(self._executor, self._thread)
        self.free.set()
        for server in self._servers:
            server.destroy()
        self.destroy_node()

    def _note(self, goal: Any) -> GoalResponse:
        if isinstance(goal, Say.Goal):
            self.spoken.append(goal.text)
            self.voices.append(goal.voice)
        else:
            self.moves.append(goal)
        return GoalResponse.ACCEPT

    def _serve(self, handle: Any, serve: Any) -> Any:
        self._held.add(id(handle))
        try:
            return serve(handle)
        finally:
            self._held.discard(id(handle))

    def _say(self, handle: Any) -> Say.Result:
        feedback = Say.Feedback(phase=Say.Feedback.PLAYING)
        now = self.get_clock().now().to_msg()
        feedback.tts_request = feedback.first_audio = feedback.first_played = now
        handle.publish_feedback(feedback)
        while not self.free.wait(0.01):
            if handle.is_cancel_requested:
                handle.canceled()
                words = handle.request.text.split()
                return Say.Result(error_code=Say.Result.CANCELLED, spoken_text=" ".join(words[:1]))
        handle.succeed()
        return Say.Result(spoken_text=handle.request.text)

    def _move(self, handle: Any) -> Any:
        kind = PlayMove if isinstance(handle.request, PlayMove.Goal) else LookAt
        while not self.free.wait(0.01):
            if handle.is_cancel_requested:
                handle.canceled()
                return kind.Result(error_code=kind.Result.CANCELLED)
        if getattr(handle.request, "name", "") == "sad":
            handle.abort()
            return kind.Result(error_code=kind.Result.ROBOT_DISCONNECTED, error_msg="no robot.")
        handle.succeed()
        return kind.Result()

    def _trigger(self, name: str, response: Trigger.Response) -> Trigger.Response:
        self.triggered.append(name)
        response.success = True
        return response


def meet(ros: Any, node: Any, *neighbours: Neighbours) -> Any:
    """Return the dialogue node once it has found what these offer: a call to what it has not found yet fails after a second."""
    offered = {name for one in neighbours for name in one.offers}
    ros.wait(lambda: hasattr(node, "_ticker"), what="the node to be open")
    tools = [t for t in node._mind.file.tools.values() if t.target in offered]

    def found(tool: Any) -> bool:
        end = node._dispatcher._ends[tool.name]
        return bool(end.server_is_ready() if tool.kind == "action" else end.service_is_ready())

    ros.wait(lambda: all(map(found, tools)) and (node._say.ready or "say" not in offered), what=f"{sorted(offered)}")
    return node


def listen(ros: Any, node: Any, message_type: Any, topic: str, qos: Any = 10) -> list[Any]:
    """Like peer.record, but returns only when the node's publisher has found us: nothing said from now on is missed."""
    messages = ros.peer().record(message_type, topic, qos)
    ros.wait(
        lambda: any(p.topic_name == f"/{topic}" and p.get_subscription_count() for p in list(node.publishers)),
        what=f"{topic} to find its subscriber",
    )
    return messages
