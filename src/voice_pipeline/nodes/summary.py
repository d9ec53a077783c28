"""Node `summary`: remembers what was heard and said, and writes minutes of it on request (action `summarize`)."""

from __future__ import annotations

import math
import sys
import threading
import time
from pathlib import Path
from typing import Any

from voice_pipeline.action import Summarize
from voice_pipeline.dialogue import ModelSettings, create
from voice_pipeline.dialogue.minutes import FORMATS, Cancelled, MinutesWriter
from voice_pipeline.dialogue.minutes_template import Template, load_template
from voice_pipeline.dialogue.protocol import GenerateOptions, LanguageModel, ModelTimeout, ModelUnavailable
from voice_pipeline.dialogue.session_file import SessionFile
from voice_pipeline.dialogue.session_record import Line, SessionRecord, main_language
from voice_pipeline.dialogue.translation import language_name
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import PlaybackState, Reply, Transcript, TurnState
from voice_pipeline.nodes._summary_parameters import PARAMETERS
from voice_pipeline.resources import resource
from voice_pipeline.ros.action import DeferredActionServer, Goal
from voice_pipeline.ros.diagnostics import OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_ns
from voice_pipeline.ros.worker import Worker
from voice_pipeline.state import state_file

_LINES_WAITING = 1000  # events that wait for a slow disk
_R = Summarize.Result


class SummaryNode(VoiceNode):
    """Keeps the session in memory (`transcript`, `reply`, `playback`, `turn`) and offers `summarize`."""

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("summary", **kwargs)
        self._server: DeferredActionServer | None = None
        self._model: LanguageModel | None = None
        self._writer: Worker | None = None
        self._disk: Worker | None = None
        self._goal: Goal | None = None
        self._cancel = threading.Event()
        self._problem = ""  # of the last minutes, or of the file
        self._counts = {"minutes": 0, "failed": 0}

    def load(self) -> None:
        p = self.p
        load_template(resource(p["template"]))
        names = [k for k in ModelSettings.__dataclass_fields__ if k in p]
        settings = ModelSettings(**{k: p[k] for k in names})
        self._model = create(settings, lambda line: self.get_logger().warning(line))
        if p["keep_loaded"]:
            self._prepare(self._model)
        self._record = SessionRecord(p["max_utterances"])
        folder = Path(p["folder"]).expanduser() if p["folder"] else state_file("sessions")
        self._file = SessionFile(folder, p["max_utterances"])
        self._writer = Worker("minutes", 4, self._broke)
        if p["keep_file"]:
            self._take_up()
            self._disk = Worker("session", _LINES_WAITING, self._disk_failed)
        # Lives as long as the session, so that a goal open at deactivation still gets its result.
        self._server = DeferredActionServer(
            self, Summarize, "summarize", self._asked, self._cancelled, lambda _: self.active
        )

    def open(self) -> None:
        self._made = [
            self.create_subscription(Transcript, "transcript", self._heard, EVENTS),
            self.create_subscription(Reply, "reply", self._said, EVENTS),
            self.create_subscription(PlaybackState, "playback", self._played, AUDIO),
            self.create_subscription(TurnState, "turn", self._turn, LATCHED),
        ]

    def close(self) -> None:
        for subscription in getattr(self, "_made", []):
            self.destroy_subscription(subscription)
        self._made = []
        self._give_up("the node was deactivated.")

    def unload(self) -> None:
        if self._server is not None:
            self._server.destroy()
            self._server = None
        stopped = True
        if self._writer is not None:
            stopped, self._writer = self._writer.stop(3.0), None
        if self._disk is not None:
            done = threading.Event()
            if self._disk.submit(self._finish_file, done):
                done.wait(1.5)
            self._disk.stop(0.5)
            self._disk = None
        if self._model is not None and stopped:
            self._model.close()
        self._model = None

    def health(self) -> Health:
        values: dict[str, str | int | float] = {
            "utterances": len(self._record),
            "dropped": self._record.dropped,
            "writing": int(self._goal is not None and not self._goal.done),
            **self._counts,
        }
        return Health(WARN, self._problem, values) if self._problem else Health(OK, "ok", values)

    def _prepare(self, model: LanguageModel) -> None:
        try:
            model.prepare()
        except (ModelUnavailable, ModelTimeout) as error:
            if self.p["engine"] == "llama_cpp":
                raise
            self.get_logger().warning(f"{error} It is tried again when minutes are asked for.")

    # -- what is said
    def _heard(self, message: Transcript) -> None:
        if message.is_final and not message.rejected_reason and message.text.strip():
            at = to_ns(message.header.stamp) / 1e9 or time.time()
            self._keep({"t": at, "e": "heard", "text": message.text.strip(), "language": message.language})

    def _said(self, message: Reply) -> None:
        if message.text.strip():
            self._keep({"t": time.time(), "e": "said", "turn": message.turn_id, "text": message.text.strip()})

    def _played(self, message: PlaybackState) -> None:
        if message.state == PlaybackState.FINISHED and message.turn_id:
            self._keep({"t": time.time(), "e": "played", "turn": message.turn_id, "id": message.say_id})

    def _turn(self, message: TurnState) -> None:
        if message.state == TurnState.INTERRUPTED and message.turn_id:
            self._keep({"t": time.time(), "e": "interrupted", "turn": message.turn_id})

    def _keep(self, event: dict[str, Any]) -> None:
        remembered = self._record.apply(event)
        if remembered and self._disk is not None and not self._disk.submit(self._file.append, event):
            self._problem = "the disk is too slow for the session's file: some of it is only in memory."

    # -- the action
    def _asked(self, goal: Goal) -> None:
        if self._goal is not None and not self._goal.done:
            goal.abort(
                _R(error_code=_R.BUSY, error_msg="minutes are being written. Wait for them, or cancel that goal.")
            )
            return
        q = goal.request
        try:
            template = load_template(resource(q.template_path or self.p["template"]))
            if q.language:
                language_name(q.language)
            if q.format and q.format not in FORMATS:
                raise VoiceError(f"there is no format '{q.format}'.", f"Use one of: {', '.join(FORMATS)}.")
            if not (math.isfinite(q.last_s) and q.last_s >= 0.0):
                raise VoiceError(f"last_s is {q.last_s}.", "Give seconds, 0 for everything.")
        except VoiceError as error:
            goal.abort(_R(error_code=_R.BAD_REQUEST, error_msg=str(error)))
            return
        lines = self._record.lines(time.time() - q.last_s if q.last_s else 0.0)
        if not lines:
            when = f"in the last {q.last_s:g} s" if q.last_s else "yet"
            goal.abort(_R(error_code=_R.NOTHING_SAID, error_msg=f"nothing was said {when}. Ask for a longer time."))
            return
        self._goal, self._cancel = goal, threading.Event()
        language = q.language or main_language(lines)
        writer = self._writer
        if writer is None or not writer.submit(self._write, goal, self._cancel, lines, template, language):
            goal.abort(_R(error_code=_R.BUSY, error_msg="minutes that were given up are still being read. Try again."))

    def _cancelled(self, goal: Goal) -> None:
        if goal is self._goal:
            self._give_up("cancelled.")

    def _give_up(self, why: str) -> None:
        """At once: the model ends by itself, at the latest when it has read its block."""
        self._cancel.set()
        if self._goal is not None:
            self._goal.cancel(_R(error_code=_R.CANCELLED, error_msg=why))

    # -- on the writer's thread
    def _write(self, goal: Goal, cancel: threading.Event, lines: list[Line], template: Template, language: str) -> None:
        p, model = self.p, self._model
        if cancel.is_set() or model is None:
            return
        writer = MinutesWriter(model, p["context_length"], GenerateOptions(p["temperature"], p["max_tokens"]))
        try:
            progress = lambda done: goal.feedback(Summarize.Feedback(progress=float(done)))  # noqa: E731
            minutes = writer.write(lines, template, language, cancel, progress)
            text = FORMATS[goal.request.format or p["format"]](minutes)
        except Cancelled:
            return
        except Exception as error:
            self._failed(goal, error)
        else:
            self._problem = ""
            self._counts["minutes"] += 1
            goal.succeed(_R(minutes=text, utterances=len(lines)))
        finally:
            if not p["keep_loaded"]:
                model.close()

    def _failed(self, goal: Goal, error: Exception) -> None:
        known = isinstance(error, VoiceError)
        text = str(error) if known else f"{type(error).__name__}: {error}. See the log of summary; this is a defect."
        self._problem = f"no minutes: {text}"
        self._counts["failed"] += 1
        self.get_logger().error(self._problem)
        goal.abort(_R(error_code=_R.ENGINE_FAILED, error_msg=text))

    def _broke(self, error: BaseException) -> None:
        self.get_logger().error(f"the minutes failed: {type(error).__name__}: {error}")

    # -- the file
    def _take_up(self) -> None:
        """What a session that crashed had written is part of this one."""
        try:
            for event in self._file.left_over():
                self._record.apply(event)
        except OSError as error:
            self._disk_failed(error)
        self._record.turns_end_here()
        if len(self._record):
            self.get_logger().info(f"took up {len(self._record)} utterances of a session that did not end in order")

    def _finish_file(self, done: threading.Event) -> None:
        try:
            self._file.finish()
        finally:
            done.set()

    def _disk_failed(self, error: BaseException) -> None:
        text = f"the session is only in memory ({error}). Make room, or name another `folder`."
        if text != self._problem:
            self.get_logger().error(text)
        self._problem = text


def main() -> int:
    """Entry point."""
    return run(SummaryNode)


if __name__ == "__main__":
    sys.exit(main())
