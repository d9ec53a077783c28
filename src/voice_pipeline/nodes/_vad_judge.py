"""The vad node's judge of pauses: the rules of turn/end_of_turn and the model's own thread beside them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from voice_pipeline.audio.formats import CHUNK_SAMPLES, NS, AudioChunk, Int16
from voice_pipeline.audio.ring import AudioRing
from voice_pipeline.ros.worker import Worker
from voice_pipeline.turn.end_of_turn import Ask, EndOfTurn, EndOfTurnOptions, Verdict
from voice_pipeline.turn.smart_turn import SmartTurn
from voice_pipeline.vad.events import Event, Kind

_QUESTIONS = 4  # to the model; all but the newest are stale
_MODEL_HEARS_S = 8.0


class PauseJudge:
    """Everything but the model runs on the worker that hears the audio.

    Args:
        options: of the rules.
        model: its id or path.
        say: gets each verdict, on that worker.
        warn: gets what a person should know.
    """

    def __init__(
        self, options: EndOfTurnOptions, model: str, say: Callable[[Verdict], None], warn: Callable[[str], Any]
    ) -> None:
        self._options = options
        self._say, self._warn = say, warn
        self.fault = ""
        self.verdicts = self.complete = self.asked = 0
        self.model_s = 0.0  # all answers of the model together
        self._model: SmartTurn | None = None
        self._thread: Worker | None = None
        self._hearing: Worker | None = None
        self._stopped = True  # no thread uses the model
        if options.judge == "smart_turn":
            self._model = SmartTurn(model)
            self._model.probability(np.zeros(CHUNK_SAMPLES, np.int16))

    def open(self, hearing: Worker) -> None:
        """Begin; `hearing` is the worker that hears the audio."""
        self._turn = EndOfTurn(self._options)
        self._ring = AudioRing(_MODEL_HEARS_S)
        self.fault = ""
        self._hearing = hearing
        if self._model is not None:
            self._thread = Worker("end_of_turn", _QUESTIONS, self._failed)
            self._stopped = False

    def close(self) -> None:
        """Stop asking."""
        if self._thread is not None:
            self._stopped = self._thread.stop()
            self._thread = None
        self._hearing = None

    def unload(self) -> None:
        """Release the model; one whose thread would not end is left alone."""
        if self._model is not None and self._stopped:
            self._model.close()
        self._model = None

    @property
    def values(self) -> dict[str, str | int | float]:
        """Figures by name, for /diagnostics."""
        return {
            "verdicts": self.verdicts,
            "complete": self.complete,
            "asked": self.asked,
            "asked_mean_ms": 1e3 * self.model_s / self.asked if self.asked else 0.0,
        }

    # -- on the hearing worker
    def append(self, chunk: AudioChunk) -> None:
        """Audio arrived; call `heard` once its events were told."""
        self._ring.append(chunk)

    def heard(self, until_ns: int) -> None:
        """Audio up to this capture time was judged."""
        self._act(self._turn.heard(until_ns))

    def follow(self, event: Event) -> None:
        """What the endpointer said."""
        if event.kind is Kind.PAUSE:
            self._turn.paused(event.utterance_id, event.generation, event.audio_start_ns, event.speech_end_ns)
        else:
            self._turn.moved_on()

    def words(self, utterance_id: str, generation: int, text: str, language: str) -> None:
        """The words of a pause."""
        self._act(self._turn.words(utterance_id, generation, text, language))

    def _act(self, step: Ask | Verdict | None) -> None:
        if isinstance(step, Ask) and self._thread is not None:
            start_ns = max(step.audio_start_ns, self._ring.end_ns - round(_MODEL_HEARS_S * NS))
            self._thread.submit(self._ask_model, step, self._ring.cut(start_ns, self._ring.end_ns).samples)
        elif isinstance(step, Verdict):
            self.verdicts += 1
            self.complete += step.complete is True
            self._say(step)

    def _answered(self, ask: Ask, probability: float, seconds: float) -> None:
        self.asked += 1
        self.model_s += seconds
        self.fault = ""
        self._act(self._turn.judged(ask.utterance_id, ask.generation, probability, seconds))

    # -- on the model's thread
    def _ask_model(self, ask: Ask, samples: Int16) -> None:
        hearing, model = self._hearing, self._model
        if hearing is None or model is None or not self._turn.is_present(ask.utterance_id, ask.generation):
            return
        began = time.perf_counter()
        probability = model.probability(samples)
        hearing.submit(self._answered, ask, probability, time.perf_counter() - began)

    def _failed(self, error: BaseException) -> None:
        text = f"the end-of-turn model failed: {type(error).__name__}: {error}"
        if text != self.fault:
            self._warn(text)
        self.fault = text
