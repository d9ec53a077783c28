"""Node `translator`: every final transcript is spoken in another language. Runs in the place of `dialogue`."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from typing import Any

from voice_pipeline.dialogue import ModelSettings, create
from voice_pipeline.dialogue.protocol import GenerateOptions, ModelTimeout, ModelUnavailable
from voice_pipeline.dialogue.translation import Translator, Untranslated, language_name
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import Reply, Transcript
from voice_pipeline.nodes._translator_parameters import PARAMETERS
from voice_pipeline.nodes._translator_speech import SpeechQueue
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.mailbox import Mailbox
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.worker import Worker

_TRY_AGAIN_S = 5.0  # between attempts to reach a model that is down, while nothing is said
_STOPPED = "the translator was stopped before its turn came."


class _Utterance:
    """What was heard, and what has become of it."""

    def __init__(self, message: Transcript, number: int, source: str) -> None:
        self.message = message
        self.turn_id = f"translation-{number}"
        self.source = source
        self.clauses: list[str] = []


class TranslatorNode(VoiceNode):
    """Says what was heard (`transcript`) in another language (`say`), and writes it on `translation`."""

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("translator", **kwargs)
        self._translator: Translator | None = None
        self._model_fault = ""  # why the model did not work when it was last asked; empty when it did
        self._counts = {"utterances": 0, "untranslated": 0, "passed_on": 0, "clauses": 0, "clauses_not_spoken": 0}
        self._first_clause_s = 0.0

    def load(self) -> None:
        p = self.p
        if p["source"] != "auto":
            language_name(p["source"])
        names = [k for k in ModelSettings.__dataclass_fields__ if k in p]
        model = create(ModelSettings(**{k: p[k] for k in names}), lambda line: self.get_logger().warning(line))
        options = GenerateOptions(p["temperature"], p["max_tokens"])
        self._translator = Translator(model, p["target"], options, p["first_clause_chars"])
        start = time.monotonic()
        try:
            self._translator.warm_up()
        except (ModelUnavailable, ModelTimeout) as error:
            if p["engine"] == "llama_cpp":
                raise
            self._model_fault = str(error)  # a server may come later; until then the words come out untranslated
            self.get_logger().warning(f"{error} The node runs on and tries again.")
        else:
            took = time.monotonic() - start
            self.get_logger().info(
                f"{p['source']} -> {p['target']} by {p['engine']} {p['model']}, warm in {took:.1f} s"
            )

    def open(self) -> None:
        self._publisher = self.create_publisher(Transcript, "translation", EVENTS)
        self._reply = self.create_publisher(Reply, "reply", EVENTS)
        self._mailbox = Mailbox(self)
        self._speech = SpeechQueue(self, self._lost)
        self._cancel = threading.Event()
        self._open: deque[_Utterance] = deque()  # heard and not done; the first is the model's
        self._told = False  # `cannot` was said since the model last worked
        self._try_again_at = time.monotonic() + _TRY_AGAIN_S
        self._worker = Worker("translator", self.p["queue_size"] + 1, self._broke)
        self._subscription = self.create_subscription(Transcript, "transcript", self._heard, EVENTS)
        self._ticker = self.create_timer(0.1, self._tick_speech)

    def close(self) -> None:
        if not hasattr(self, "_worker"):
            return
        self.destroy_subscription(self._subscription)
        self.destroy_timer(self._ticker)
        self._cancel.set()
        self._mailbox.close()
        self._worker.stop(3.0)
        while self._open:
            self._done(self._open[0], _STOPPED)
        self._speech.destroy()
        self.destroy_publisher(self._publisher)
        self.destroy_publisher(self._reply)
        del self._worker

    def unload(self) -> None:
        if self._translator is not None:
            self._translator.model.close()
            self._translator = None

    def health(self) -> Health:
        values: dict[str, str | int | float] = {
            **self._counts,
            "utterances_waiting": len(self._open),
            "clauses_waiting": self._speech.waiting,
            "first_clause_s": self._first_clause_s,
        }
        if self._model_fault:
            return Health(ERROR, f"nothing is translated: {self._model_fault}", values)
        if not self._speech.ready:
            return Health(WARN, "nobody offers `say`: translations wait to be spoken. Start the tts node.", values)
        return Health(OK, "ok", values)

    # -- on the executor's thread
    def _heard(self, message: Transcript) -> None:
        if not message.is_final or message.rejected_reason or not message.text.strip():
            return
        self._counts["utterances"] += 1
        source = message.language if self.p["source"] == "auto" else self.p["source"]
        utterance = _Utterance(message, self._counts["utterances"], source)
        self._open.append(utterance)
        if not self._worker.submit(self._translate, utterance, time.monotonic()):
            self._done(utterance, f"{self.p['queue_size']} utterances wait already. Choose a faster model.")

    def _clause(self, utterance: _Utterance, text: str, speak: bool = True) -> None:
        index = len(utterance.clauses)
        utterance.clauses.append(text)
        self._counts["clauses"] += 1
        self._write(utterance, index, text, False)
        if speak:
            self._speech.add(utterance.turn_id, index, text, self.p["voice"])

    def _done(self, utterance: _Utterance, reason: str = "") -> None:
        """Publish what became of it; with a reason, the words as they were heard when there are no better ones."""
        self._open.remove(utterance)
        heard, translated = utterance.message, bool(utterance.clauses)
        message = Transcript(
            header=heard.header,
            utterance_id=heard.utterance_id,
            turn_id=utterance.turn_id,
            is_final=True,
            text=" ".join(utterance.clauses) if translated else heard.text,
            language=self.p["target"] if translated else utterance.source,
            rejected_reason=f"untranslated: {reason}" if reason else "",
        )
        self._publisher.publish(message)
        if reason:
            self._counts["untranslated"] += 1
            self.get_logger().warning(f"untranslated: {reason}")
            if self.p["cannot"] and not self._told and reason != _STOPPED:
                self._speech.add(utterance.turn_id, len(utterance.clauses), self.p["cannot"], self.p["voice"])
            self._told = True
        else:
            self._told = False
        self._write(utterance, len(utterance.clauses), "", True)

    def _write(self, utterance: _Utterance, index: int, text: str, is_final: bool) -> None:
        heard = utterance.message.utterance_id
        message = Reply(turn_id=utterance.turn_id, utterance_id=heard, index=index, text=text, is_final=is_final)
        message.header.stamp = self.get_clock().now().to_msg()
        self._reply.publish(message)

    def _pass_on(self, utterance: _Utterance) -> None:
        self._counts["passed_on"] += 1
        self._clause(utterance, utterance.message.text.strip(), self.p["same_language"] == "speak")
        self._done(utterance)

    def _lost(self, error: str) -> None:
        self._counts["clauses_not_spoken"] += 1
        self.get_logger().warning(f"a clause was not spoken: {error}")

    def _tick_speech(self) -> None:
        self._speech.tick()
        now = time.monotonic()
        if self._model_fault and not self._worker.backlog and now >= self._try_again_at:
            self._try_again_at = now + _TRY_AGAIN_S
            self._worker.submit(self._warm_up_again)

    # -- on the model's thread
    def _translate(self, utterance: _Utterance, heard_at: float) -> None:
        if self._cancel.is_set() or self._translator is None:
            return
        if utterance.source == self.p["target"]:
            self._mailbox.post(lambda: self._pass_on(utterance))
            return
        reason, first = "", True
        try:
            for clause in self._translator.translate(utterance.message.text, utterance.source, self._cancel):
                if first:
                    self._first_clause_s, first = time.monotonic() - heard_at, False
                self._mailbox.post(lambda c=clause: self._clause(utterance, c))  # type: ignore[misc]
            self._model_fault = ""
        except Untranslated as error:
            reason, self._model_fault = str(error), ""
        except VoiceError as error:
            reason = self._model_fault = str(error)
        except Exception as error:  # the next utterance must still have its turn
            reason = self._model_fault = f"{type(error).__name__}: {error}. See the log; this is a defect."
            self.get_logger().error(f"the translator failed: {reason}")
        if not self._cancel.is_set():
            self._mailbox.post(lambda: self._done(utterance, reason))

    def _warm_up_again(self) -> None:
        if self._translator is None:
            return
        try:
            self._translator.warm_up()
        except VoiceError as error:
            self._model_fault = str(error)
        else:
            self._model_fault = ""
            self.get_logger().info("the language model is back")

    def _broke(self, error: BaseException) -> None:
        self.get_logger().error(f"the translator failed: {type(error).__name__}: {error}")


def main() -> int:
    """Entry point."""
    return run(TranslatorNode)


if __name__ == "__main__":
    sys.exit(main())
