"""Speaks clauses through the `say` action, in order, and tells what was heard; for the dialogue node."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.node import Node

from voice_pipeline.action import Say
from voice_pipeline.ros.stamps import to_ns

_GONE_S = 1.5  # a server that vanished for this long will not send the result
_SILENT_S = 30.0  # a clause without any sign of life


@dataclass
class _Clause:
    turn_id: str
    index: int
    alive: float
    cancelled: bool = False
    handle: Any = None


class SayClient:
    """One goal a clause, sent at once: the synthesiser queues them and works ahead.

    Args:
        node: owns the client; everything runs on its executor's thread.
        on_said: (turn_id, index, heard, error) once a clause is over; error is empty when it was spoken or cancelled.
        on_marks: (turn_id, {"tts_request" | "first_audio" | "first_played": ns}) as they become known.
    """

    def __init__(
        self,
        node: Node,
        on_said: Callable[[str, int, str, str], None],
        on_marks: Callable[[str, dict[str, int]], None],
    ) -> None:
        self._client = ActionClient(node, Say, "say")
        self._on_said = on_said
        self._on_marks = on_marks
        self._open: list[_Clause] = []
        self._gone_since = 0.0
        self._destroyed = False

    @property
    def ready(self) -> bool:
        """Somebody offers the action."""
        return bool(self._client.server_is_ready())

    def say(self, turn_id: str, index: int, text: str, generation: int, voice: str = "") -> bool:
        """Send a clause; False when there is no server. An empty voice is that of the server."""
        if not self.ready:
            return False
        clause = _Clause(turn_id, index, time.monotonic())
        self._open.append(clause)
        goal = Say.Goal(text=text, voice=voice, turn_id=turn_id, generation=generation)
        future = self._client.send_goal_async(goal, feedback_callback=lambda m: self._feedback(clause, m.feedback))
        future.add_done_callback(lambda f: self._answered(clause, f.result()))
        return True

    def cancel(self, turn_id: str) -> None:
        """Stop everything of a turn; a result still comes for each clause."""
        for clause in self._open:
            if clause.turn_id == turn_id and not clause.cancelled:
                clause.cancelled = True
                if clause.handle is not None:
                    clause.handle.cancel_goal_async()

    def tick(self) -> None:
        """Give up on clauses whose server vanished or went silent; call it some times a second."""
        now = time.monotonic()
        if self.ready or not self._open:
            self._gone_since = 0.0
        elif not self._gone_since:
            self._gone_since = now
        gone = self._gone_since and now - self._gone_since > _GONE_S
        for clause in list(self._open):
            if gone or now - clause.alive > _SILENT_S:
                if clause.handle is not None:
                    clause.handle.cancel_goal_async()  # whoever is told that it was not said may say it again
                self._end(clause, "", "the speech node vanished" if gone else f"no word from it for {_SILENT_S:g} s")

    def destroy(self) -> None:
        """Cancel what is being said and remove the client."""
        for clause in self._open:
            if clause.handle is not None:
                clause.handle.cancel_goal_async()
        self._open.clear()
        self._destroyed = True
        self._client.destroy()

    def _feedback(self, clause: _Clause, feedback: Any) -> None:
        clause.alive = time.monotonic()
        stamps = {name: to_ns(getattr(feedback, name)) for name in ("tts_request", "first_audio", "first_played")}
        self._on_marks(clause.turn_id, {k: v for k, v in stamps.items() if v})

    def _answered(self, clause: _Clause, handle: Any) -> None:
        if self._destroyed:  # the answer was on its way: nothing can be asked of its goal any more
            return
        clause.alive = time.monotonic()
        if not handle.accepted:
            self._end(clause, "", "the clause was refused")
            return
        clause.handle = handle
        if clause.cancelled or clause not in self._open:  # given up meanwhile: it must not be said after all
            handle.cancel_goal_async()
        handle.get_result_async().add_done_callback(lambda f: self._ended(clause, f.result()))

    def _ended(self, clause: _Clause, response: Any) -> None:
        failed = response.status == GoalStatus.STATUS_ABORTED and not clause.cancelled
        error = (response.result.error_msg or f"code {response.result.error_code}") if failed else ""
        self._end(clause, response.result.spoken_text, error)

    def _end(self, clause: _Clause, heard: str, error: str) -> None:
        if clause in self._open:
            self._open.remove(clause)
            self._on_said(clause.turn_id, clause.index, heard, error)
