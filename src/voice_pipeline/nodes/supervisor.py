"""Brings the nodes of a profile up in order, drives a respawned one up again, and says on /diagnostics what is down."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Any

from lifecycle_msgs.msg import State as StateMsg
from lifecycle_msgs.msg import Transition, TransitionEvent
from lifecycle_msgs.srv import ChangeState, GetState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from voice_pipeline.bringup.profile import USUAL
from voice_pipeline.bringup.supervision import State, Step, Supervision
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.parameters import Param
from voice_pipeline.ros.qos import LATCHED

_STATES = {
    StateMsg.PRIMARY_STATE_UNCONFIGURED: State.UNCONFIGURED,
    StateMsg.PRIMARY_STATE_INACTIVE: State.INACTIVE,
    StateMsg.PRIMARY_STATE_ACTIVE: State.ACTIVE,
    StateMsg.PRIMARY_STATE_FINALIZED: State.FINALIZED,
}
_TRANSITIONS = {"configure": Transition.TRANSITION_CONFIGURE, "activate": Transition.TRANSITION_ACTIVATE}


class SupervisorNode(VoiceNode):
    """Life cycle manager of the pipeline."""

    PARAMETERS = (
        Param("nodes", list(USUAL), "The nodes to bring up, in order. Who listens comes before who speaks to it."),
        Param(
            "bring_up",
            True,
            "Bring them up at start; otherwise wait for the `startup` service. True: a robot should talk when it is switched on.",
        ),
        Param(
            "retry_s",
            3.0,
            "Wait after a failed transition before the next try, doubled each time up to ten times this. "
            "3: a microphone that is plugged in again is back before anyone asks.",
            unit="s",
            minimum=0.5,
            maximum=60.0,
        ),
        Param(
            "period_s",
            0.1,
            "How often presence is looked at (a look-up in the local graph, no traffic). 0.1: start-up is not held up.",
            unit="s",
            minimum=0.02,
            maximum=5.0,
        ),
        Param(
            "note",
            "",
            "Told at start and on /diagnostics while all is well: bringup says here when a profile asks for more threads "
            "than the machine has cores. Empty: there is nothing to tell.",
        ),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("supervisor", **kwargs)
        if self.p["note"]:
            self.get_logger().warning(self.p["note"])

    def load(self) -> None:
        self._supervision = Supervision(self.p["nodes"], self.p["retry_s"])
        self._ready: bool | None = None
        self._started = time.monotonic()

    def open(self) -> None:
        names = self.p["nodes"]
        self._ask = {n: self.create_client(GetState, f"{n}/get_state") for n in names}
        self._change = {n: self.create_client(ChangeState, f"{n}/change_state") for n in names}
        self._events = [
            self.create_subscription(TransitionEvent, f"{n}/transition_event", partial(self._on_event, n), 10)
            for n in names
        ]
        self._ready_pub = self.create_publisher(Bool, "supervisor/ready", LATCHED)
        self._services = [
            self.create_service(Trigger, "supervisor/startup", self._startup),
            self.create_service(Trigger, "supervisor/shutdown", self._shutdown),
        ]
        self._supervision.wanted = self.p["bring_up"]
        self._look = self.create_timer(self.p["period_s"], self._on_look)

    def close(self) -> None:
        self.destroy_timer(self._look)
        for service in self._services:
            self.destroy_service(service)
        for subscription in self._events:
            self.destroy_subscription(subscription)
        for client in (*self._ask.values(), *self._change.values()):
            self.destroy_client(client)
        self.destroy_publisher(self._ready_pub)

    def health(self) -> Health:
        down = self._supervision.down()
        values: dict[str, str | int | float] = {n: s.state.value for n, s in self._supervision.nodes.items()}
        if not down:
            note = self.p["note"]
            return Health(WARN if note else OK, note or f"all {len(values)} nodes are active", values)
        failed = any(s.failed for s in self._supervision.nodes.values())
        starting = time.monotonic() - self._started < 30.0 and not failed
        text = "; ".join(f"{n}: {why}" for n, why in down.items())
        return Health(WARN if starting else ERROR, ("starting: " if starting else "down: ") + text, values)

    def _on_look(self) -> None:
        for name, client in self._change.items():
            self._supervision.seen(name, client.service_is_ready() and self._ask[name].service_is_ready())
        for step in self._supervision.steps(time.monotonic()):
            self._take(step)
        ready = self._supervision.ready
        if ready != self._ready:
            self._ready = ready
            self._ready_pub.publish(Bool(data=ready))
            if ready:
                self.get_logger().info(f"ready: {', '.join(self._change)} ({time.monotonic() - self._started:.1f} s)")

    def _take(self, step: Step) -> None:
        if step.what == "ask":
            future = self._ask[step.node].call_async(GetState.Request())
            future.add_done_callback(partial(self._on_state, step.node, self._supervision.nodes[step.node].drives))
            return
        request = ChangeState.Request(transition=Transition(id=_TRANSITIONS[step.what]))
        future = self._change[step.node].call_async(request)
        future.add_done_callback(partial(self._on_changed, step))

    def _on_state(self, name: str, drives: int, future: Any) -> None:
        answer, node = future.result(), self._supervision.nodes[name]
        if answer is None or drives != node.drives or (node.asked_at is None and node.driven_at is None):
            return  # an answer nobody waits for any more
        state = _STATES.get(answer.current_state.id)
        if state is not None or node.driven_at is None:  # in between two states: the transition's own answer tells more
            self._supervision.told(name, state or State.UNKNOWN, time.monotonic())

    def _on_changed(self, step: Step, future: Any) -> None:
        answer = future.result()
        if answer is not None and answer.success:
            self._supervision.told(
                step.node, State.INACTIVE if step.what == "configure" else State.ACTIVE, time.monotonic()
            )
            if step.what == "activate" and not self._supervision.wanted:  # `shutdown` came meanwhile
                self._deactivate(step.node)
            return
        self._supervision.failed(step.node, step.what, time.monotonic())
        self.get_logger().error(f"{step.node}: {step.what} failed; its own log and /diagnostics say why. Trying again.")

    def _on_event(self, name: str, event: TransitionEvent) -> None:
        """Someone else drove the node."""
        node = self._supervision.nodes[name]
        state = _STATES.get(event.goal_state.id)
        if state is not None and node.state in (State.ACTIVE, State.INACTIVE, State.UNCONFIGURED):
            self._supervision.told(name, state, time.monotonic())

    def _startup(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._supervision.wanted = True
        response.success = True
        response.message = "bringing up " + ", ".join(self._change)
        return response

    def _shutdown(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._supervision.wanted = False
        for name, watched in reversed(self._supervision.nodes.items()):
            if watched.state is State.ACTIVE:
                self._deactivate(name)
        response.success = True
        response.message = "deactivating all nodes; `startup` brings them up again"
        return response

    def _deactivate(self, name: str) -> None:
        request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
        future = self._change[name].call_async(request)
        future.add_done_callback(lambda _: self._supervision.told(name, State.UNKNOWN))


def main() -> int:
    return run(SupervisorNode)


if __name__ == "__main__":
    sys.exit(main())
