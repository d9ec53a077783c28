"""Plays a written conversation to the dialogue node and compares, sentence by sentence, what the robot's servers received,
what was spoken, and what stands on `tool_calls`."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from dialogue_bench import Neighbours, heard, listen
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import SetBool
from voice_pipeline.action import Converse
from voice_pipeline.msg import ToolCall, Transcript, TurnLatency
from voice_pipeline.srv import SetVolume

from executor_threads import spin_in_thread, take_down
from voice_pipeline.resources import resource

APOLOGY = "One moment, I can't think right now."
CANNOT_MOVE = "I can't move right now."
_MOTION = ("motion/stop", "motion/reset_stop", "motion/wake_up", "motion/sleep")
_OVER = (ToolCall.SUCCEEDED, ToolCall.FAILED, ToolCall.CANCELLED)
_LAMP = {
    "name": "lamp",
    "description": "Switch the lamp on or off.",
    "kind": "service",
    "interface": "std_srvs/srv/SetBool",
    "target": "lamp/switch",
    "confirm": "Shall I really switch the lamp {how}?",
    "arguments": {
        "how": {"type": "string", "enum": ["on", "off"], "set": {"on": {"data": True}, "off": {"data": False}}}
    },
    "needs": ["lamp"],
    "say": "The lamp is {how}.",
    "phrases": ["(turn|switch) {how} the lamp"],
}


@dataclass(frozen=True)
class Step:
    """One sentence of the person, and what must come of it.

    Args:
        said: typed.
        calls: names of the tools that were called, in order; their ends are on `tool_calls` too.
        robot: what the mock servers received, as House.received has it.
        spoken: all that is heard, word by word; None: the model's words, whatever they are, but some.
        begins: how it begins, where it ends in the model's words or a time of day.
        refused: names on `tool_calls` that were refused, or asked about first.
        failed: a call fails after it had begun, and the robot says so when the answer is over.
        changes_past: the history before it may change: something is forgotten, or the persona is another.
        meanwhile: what happens before there is an answer.
    """

    said: str
    calls: Sequence[str] = ()
    robot: Sequence[tuple[Any, ...]] = ()
    spoken: str | None = None
    begins: str = ""
    refused: Sequence[str] = ()
    failed: bool = False
    changes_past: bool = False
    meanwhile: Callable[[Script], None] | None = None


@dataclass(frozen=True)
class Event:
    """Something that happens between two sentences."""

    what: str
    happens: Callable[[Script], None]


class House:
    """The robot and a lamp: real action and service servers, on threads of their own."""

    def __init__(self, bench: Any) -> None:
        self.robot = Neighbours(bench, "say", "play_move", "look_at", *_MOTION)
        self._others: list[tuple[Any, ...]] = []
        self._node = Node("house", context=bench.context)
        self._node.create_service(SetBool, "lamp/switch", self._switch)
        self._node.create_service(SetVolume, "audio_player/set_volume", self._volume)
        self._executor = SingleThreadedExecutor(context=bench.context)
        self._executor.add_node(self._node)
        self._thread = spin_in_thread(self._executor, "house")

    def end(self) -> None:
        """Leave the network."""
        take_down(self._executor, self._thread)
        self._node.destroy_node()
        self.robot.end()

    def count(self) -> tuple[int, ...]:
        """How much was received so far, by kind; for `since`."""
        return len(self.robot.moves), len(self.robot.triggered), len(self._others)

    def since(self, count: tuple[int, ...]) -> list[tuple[Any, ...]]:
        """Movements in their order, then services: ("nod", times), ("look", yaw and pitch in degrees), ("lamp", on)..."""
        moves = [(m.name, m.repeat) if hasattr(m, "repeat") else _looked(m) for m in self.robot.moves[count[0] :]]
        return [*moves, *[(name,) for name in self.robot.triggered[count[1] :]], *self._others[count[2] :]]

    def _switch(self, request: Any, response: Any) -> Any:
        self._others.append(("lamp", request.data))
        response.success = True
        return response

    def _volume(self, request: Any, response: Any) -> Any:
        self._others.append(("volume", round(request.volume, 2), request.relative))
        response.success, response.message, response.volume = True, "The volume is 50 percent.", 0.5
        return response


def _looked(goal: Any) -> tuple[Any, ...]:
    return ("look", round(math.degrees(goal.yaw)), round(math.degrees(goal.pitch)))


class Script:
    """A conversation that is under way.

    Args:
        server: RealModelServer.
        patience_s: for one answer of the model on a busy machine.
    """

    def __init__(self, ros: Any, node: Any, house: House, server: Any, patience_s: float) -> None:
        self.ros, self.node, self.house, self.server, self._patience = ros, node, house, server, patience_s
        self.audit = listen(ros, node, ToolCall, "tool_calls")
        self.traces = listen(ros, node, TurnLatency, "latency")
        self.transcript = ros.peer().publisher(Transcript, "transcript")
        self.number = 0
        ros.wait(lambda: node._say.ready, what="the voice to be found")
        ends = node._dispatcher._ends.values()
        ready = lambda e: e.server_is_ready() if hasattr(e, "server_is_ready") else e.service_is_ready()  # noqa: E731
        ros.wait(lambda: all(map(ready, ends)), what="the robot to be found")
        self._past = self._history()
        self._cached = 0  # tokens of the last answer's prompt that the server had already

    def play(self, script: Sequence[Step | Event]) -> None:
        """All of it; raises AssertionError with every sentence of which something else came."""
        wrong: list[str] = []
        for entry in script:
            if isinstance(entry, Event):
                self._cached = 0
                print(f"     -- {entry.what}", flush=True)
                entry.happens(self)
                continue
            try:
                self._step(entry)
            except AssertionError as error:
                print(f"            WRONG: {error}", flush=True)
                wrong.append(str(error))
                self.turn_is_past()
        assert not wrong, "\n".join(wrong)
        self._check_audit()

    def say(self, text: str, utterance_id: str) -> None:
        """A sentence that is not waited for, as asr would bring it."""
        self.number += 1
        self.transcript.publish(heard(text, utterance_id))

    def turn_is_past(self) -> None:
        """After a turn that was not played as a Step: what it left in the history is the past from here on."""
        self._past = self._history()

    def _step(self, step: Step) -> None:
        self.number += 1
        spoken, received = len(self.house.robot.spoken), self.house.count()
        begin = time.monotonic()
        handle = self.ros.peer().send_goal(Converse, "converse", Converse.Goal(text=step.said, speak=True))
        if step.meanwhile is not None:
            step.meanwhile(self)
        result = self.ros.peer().result(handle, self._patience).result
        words = " ".join(self.house.robot.spoken[spoken:])
        print(f"{time.monotonic() - begin:6.2f} s {self.number:2} {step.said[:50]!r} -> {words!r}", flush=True)
        what = f"step {self.number}: {step.said[:60]!r} -> {words!r} {list(result.tools)} {result.error_msg}"
        assert result.error_code == 0, what
        assert list(result.tools) == list(step.calls), what
        assert self.house.since(received) == list(step.robot), f"{what}: {self.house.since(received)}"
        if step.spoken is not None:
            assert words == step.spoken, what
        else:
            assert words.startswith(step.begins), what
            assert len(words) > len(step.begins), what
        self._check_calls(step, result.turn_id, what)
        self._check_history(step, result.turn_id, what)

    def _check_calls(self, step: Step, turn_id: str, what: str) -> None:
        self.ros.wait(lambda: self._names(turn_id, *_OVER) == list(step.calls), what=f"the audit of {what}")
        if step.refused or step.spoken is not None:  # what else a model tried in vain is its own affair
            wanted = list(step.refused)
            self.ros.wait(lambda: self._names(turn_id, ToolCall.REFUSED) == wanted, what=f"the refusals of {what}")
        assert bool(self._names(turn_id, ToolCall.FAILED)) == step.failed, what
        if step.failed:
            self.ros.wait(lambda: self.house.robot.spoken[-1] == CANNOT_MOVE, what=f"an excuse after {what}")

    def _names(self, turn_id: str, *statuses: int) -> list[str]:
        return [m.name for m in self.audit if m.turn_id == turn_id and m.status in statuses]

    def _check_history(self, step: Step, turn_id: str, what: str) -> None:
        """What the model has read stays as it was, or its server would read all of it again."""
        self.ros.wait(lambda: step.changes_past or len(self._history()) > len(self._past), what=f"a turn more: {what}")
        now = self._history()
        if not step.changes_past:
            assert now[: len(self._past)] == self._past, f"{what}: what the model has read was changed"
            self._check_cache(turn_id, what)
        else:
            self._cached = 0
        self._past = now

    def _check_cache(self, turn_id: str, what: str) -> None:
        """By the server's own counters: what it had read before one answer, it has before the next."""
        trace = self.ros.wait(
            lambda: next((t for t in self.traces if t.turn_id == turn_id), None), what=f"trace: {what}"
        )
        if trace.prompt_tokens:
            print(f"            {trace.prompt_tokens} tokens read, {trace.cached_tokens} in the cache", flush=True)
            assert trace.cached_tokens >= self._cached, what
            self._cached = trace.cached_tokens

    def _history(self) -> list[Any]:
        return list(self.node._mind.history.prompt("x"))[:-1]

    def _check_audit(self) -> None:
        """Every call that went out is on the list and ended once; every refusal has its reason and went nowhere."""
        requested = [m.call_id for m in self.audit if m.status == ToolCall.REQUESTED]
        assert sorted(requested) == sorted(m.call_id for m in self.audit if m.status in _OVER)
        assert len(set(requested)) == len(requested)
        for message in self.audit:
            if message.status == ToolCall.REFUSED:
                assert message.result
                assert message.call_id not in requested
            else:
                assert message.name in self.node._mind.file.tools
                assert isinstance(json.loads(message.arguments_json), dict)


def with_lamp(folder: Path) -> str:
    """Path of the shipped tool file with one tool more, of another package's interface, that asks first."""
    tools = yaml.safe_load(resource("config/tools.yaml").read_text(encoding="utf-8"))
    tools["tools"].append(_LAMP)
    path = folder / "tools.yaml"
    path.write_text(yaml.safe_dump(tools, allow_unicode=True), encoding="utf-8")
    return str(path)
