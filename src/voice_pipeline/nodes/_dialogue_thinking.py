"""The model's thread of the dialogue node: one answer at a time, and what the model reads while nobody waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.protocol import ModelUnavailable
from voice_pipeline.errors import VoiceError
from voice_pipeline.nodes._dialogue_parts import Host, Reporter
from voice_pipeline.ros.worker import Worker
from voice_pipeline.turn.state import Turn

_QUEUE = 16  # guesses that were given up end within one token; more than a few wait only behind a model that hangs
_TRY_AGAIN_S = 5.0  # between attempts to reach a model that is down, while nobody asks


class Thinking:
    """Runs the mind. Everything but what has its own thread's name is called on the executor's.

    Args:
        node: told what happens, through its `post`.
        mind: loaded or not.
        fault: why the model does not work now; empty when it does.
    """

    def __init__(self, node: Host, mind: Assembled, fault: str) -> None:
        self._node = node
        self._mind = mind
        self._worker = Worker("mind", _QUEUE, self._broke)
        self._cancel = threading.Event()
        self._gate = threading.Event()
        self._reading = threading.Event()  # set: what is read ahead is not wanted any more
        self._untidy = False
        self._try_again_at = time.monotonic() + _TRY_AGAIN_S
        self.fault = fault

    def start(self, turn: Turn) -> None:
        """Answer a turn; until it is committed no tool is called."""
        self._reading.set()
        self._cancel = threading.Event()
        self._gate = threading.Event()
        if turn.committed:
            self._gate.set()
        generation = turn.generation
        if not self._worker.submit(self._think, turn, generation, turn.question, turn.hint, self._cancel, self._gate):
            error = ModelUnavailable("the model is busy with answers that were given up.", "Choose a faster model.")
            self._node.post(lambda e: e.failed(generation, error))

    def commit(self) -> None:
        """The person has finished: tools may be called."""
        self._gate.set()

    def cancel(self) -> None:
        """Give the answer up."""
        self._cancel.set()

    def read_along(self, words: str) -> None:
        """Somebody is speaking: have the model read the words so far, if it has nothing else to do."""
        if words and self._worker.backlog == 0:
            self._read(lambda cancel: self._mind.read_along(words, cancel))

    def turn_over(self) -> None:
        """There is something new to read, when there is time."""
        self._untidy = True

    def somebody_speaks(self) -> None:
        """What is being read is in the way."""
        self._reading.set()

    def tick(self, now: float, idle: bool) -> None:
        """now: monotonic s; idle: nobody speaks and nothing is answered."""
        if self._worker.backlog:
            return
        if self.fault and now >= self._try_again_at:
            self._try_again_at = now + _TRY_AGAIN_S
            self._reading = threading.Event()  # whoever asks something is not kept waiting
            self._worker.submit(self._warm_up_again, self._reading)
        elif self._untidy and idle:
            self._untidy = False
            self._read(self._tidy)

    def stop(self) -> None:
        """Give everything up."""
        self._cancel.set()
        self._reading.set()

    def end(self) -> None:
        """End the thread."""
        self._worker.stop(3.0)

    # -- on the model's thread
    def _think(
        self, turn: Turn, generation: int, question: str, hint: str, cancel: threading.Event, gate: threading.Event
    ) -> None:
        if cancel.is_set():
            return
        try:
            reporter = Reporter(self._node, turn, generation)
            answer = self._mind.answer(question, cancel, reporter, gate, hint, turn.language, turn.answer_in)
        except VoiceError as error:
            fault = error
            if not cancel.is_set():
                self._node.post(lambda _: self._failed(generation, fault))
        except Exception as error:  # of this answer: by now the thread may have another one waiting
            self._broke(error)
            defect = ModelUnavailable(f"{type(error).__name__} in the dialogue node.", "See its log; this is a defect.")
            if not cancel.is_set():
                self._node.post(lambda e: e.failed(generation, defect))
        else:
            if not answer.by_phrase:
                self.fault = ""
            self._node.post(lambda e: e.answered(generation, answer.messages, answer.usage))

    def _tidy(self, cancel: threading.Event) -> None:
        self._mind.tidy(cancel)
        self._untidy |= cancel.is_set()  # somebody spoke: what is left is for the next silence

    def _read(self, read: Callable[[threading.Event], None]) -> None:
        cancel = self._reading = threading.Event()

        def work() -> None:
            if cancel.is_set():
                return
            try:
                read(cancel)
            except VoiceError as error:
                self.fault = str(error)

        self._worker.submit(work)

    def _warm_up_again(self, cancel: threading.Event) -> None:
        try:
            back = self._mind.warm_up_beside(cancel)
        except VoiceError as error:
            self.fault = str(error)
        else:
            if back:
                self.fault = ""
                self._node.get_logger().info("the language model is back")

    def _broke(self, error: BaseException) -> None:
        self._node.get_logger().error(f"the mind failed: {type(error).__name__}: {error}")

    # -- on the executor's thread again
    def _failed(self, generation: int, error: VoiceError) -> None:
        self.fault = str(error)
        self._node.thinking_failed(generation, error)
