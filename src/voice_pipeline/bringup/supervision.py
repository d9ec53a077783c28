"""Which transition comes next: the supervisor's decisions, without ROS and with time handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """What is known of a managed node."""

    ABSENT = "absent"  # its life cycle services are not there
    UNKNOWN = "unknown"  # there, state not asked yet
    UNCONFIGURED = "unconfigured"
    INACTIVE = "inactive"
    ACTIVE = "active"
    BUSY = "busy"  # a transition or a question is under way
    FINALIZED = "finalized"


@dataclass
class Watched:
    """One node as the supervisor sees it."""

    name: str
    state: State = State.ABSENT
    failed: str = ""  # the transition that failed last
    retry_at: float = 0.0
    failures: int = 0
    asked_at: float | None = None  # an answer is awaited since then
    told_at: float = 0.0
    driven_at: float | None = None  # a transition is under way; since when, or when it was last asked about
    drives: int = 0  # transitions so far: an answer of an earlier one says nothing about this one


@dataclass(frozen=True)
class Step:
    """Something to do for a node: ask its state, or drive a transition ("configure", "activate")."""

    node: str
    what: str


class Supervision:
    """Brings nodes up: configure all at once (models load side by side), activate in the order of the list.

    A node that fails does not hold up the others; it is tried again after `retry_s`, doubled at each failure up to ten
    times that. An active node is asked for its state every `check_s`: the graph still shows a killed process for its
    lease of 20 s, and a respawned one under the same name looks the same. No answer for `patience_s`: it is not there.
    A node in a transition is asked every `drive_s`: one that loads its model answers when it is done, but one that was killed
    meanwhile and respawned says at once that it knows of no transition.
    """

    def __init__(
        self, names: Sequence[str], retry_s: float, check_s: float = 1.0, patience_s: float = 3.0, drive_s: float = 5.0
    ) -> None:
        self.nodes = {n: Watched(n) for n in names}
        self._retry_s = retry_s
        self._check_s = check_s
        self._patience_s = patience_s
        self._drive_s = drive_s
        self.wanted = False  # bring-up was asked for

    def seen(self, name: str, present: bool) -> None:
        """The node's services are there, or not."""
        node = self.nodes[name]
        if not present:
            if node.state is not State.ABSENT:
                self._lost(node)
        elif node.state is State.ABSENT:
            node.state = State.UNKNOWN

    def told(self, name: str, state: State, now: float = 0.0) -> None:
        """The node said (by answer or by event) which state it is in."""
        node = self.nodes[name]
        node.state, node.asked_at, node.told_at, node.driven_at = state, None, now, None
        if state is State.ACTIVE:
            node.failed, node.failures = "", 0

    def failed(self, name: str, transition: str, now: float) -> None:
        """A transition was refused or failed; the node's state must be asked anew."""
        node = self.nodes[name]
        node.state, node.failed, node.driven_at = State.UNKNOWN, transition, None
        # A microphone may be missing for a day: 2 to the 1024th, after eight hours, is no float any more.
        node.retry_at = now + min(self._retry_s * 2 ** min(node.failures, 4), 10 * self._retry_s)
        node.failures += 1

    def steps(self, now: float) -> list[Step]:
        """What to do now; each node named in a step is BUSY until `told`, `failed` or `seen` says otherwise."""
        result: list[Step] = []
        in_turn = True  # everything earlier in the list is active, or has had its chance
        for node in self.nodes.values():
            if node.asked_at is not None and now - node.asked_at > self._patience_s:
                self._lost(node)
            step = None
            if node.state is State.UNKNOWN:
                step = Step(node.name, "ask")
            elif node.state is State.ACTIVE and node.asked_at is None and now - node.told_at >= self._check_s:
                node.asked_at = now
                result.append(Step(node.name, "ask"))
            elif node.driven_at is not None and now - node.driven_at >= self._drive_s:
                node.driven_at = now
                result.append(Step(node.name, "ask"))
            elif self.wanted and now >= node.retry_at:
                if node.state is State.UNCONFIGURED:
                    step = Step(node.name, "configure")
                elif node.state is State.INACTIVE and in_turn:
                    step = Step(node.name, "activate")
            if step:
                node.state = State.BUSY
                node.asked_at = now if step.what == "ask" else None
                node.driven_at = None if step.what == "ask" else now
                node.drives += step.what != "ask"
                result.append(step)
            in_turn = in_turn and (node.state is State.ACTIVE or bool(node.failed))
        return result

    @staticmethod
    def _lost(node: Watched) -> None:
        node.state, node.failed, node.failures, node.retry_at, node.asked_at = State.ABSENT, "", 0, 0.0, None
        node.driven_at = None

    @property
    def ready(self) -> bool:
        """Every node is active."""
        return all(n.state is State.ACTIVE for n in self.nodes.values())

    def down(self) -> dict[str, str]:
        """Nodes that are not active, and why, for people."""
        words = {}
        for node in self.nodes.values():
            if node.failed:
                words[node.name] = f"{node.failed} failed; its own status says why; tried again by itself"
            elif node.state is State.ABSENT:
                words[node.name] = "not running"
            elif node.state is not State.ACTIVE:
                words[node.name] = node.state.value
        return words
