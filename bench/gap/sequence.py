"""The plain sequence, in one process: listen until 0.55 s of silence, transcribe, answer, synthesise, play.

Each step takes the whole of what the one before made. Our engines with the profile's own settings, so that the only
difference is the overlap. `python -m bench.gap.sequence MODEL_SET`; speaks the lines of wire.py.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from typing import Any

import numpy as np
from bench.gap.conversation import prefix
from bench.gap.settings import MAX_TOKENS, MIN_SILENCE_S, MODEL_SETS, PROFILE, TEMPERATURE, WHOLE_WINDOW_S, Models
from bench.gap.wire import Speaker as Wire
from bench.gap.wire import orders

from voice_pipeline.audio.formats import AudioChunk, Int16, samples_to_ns, to_float
from voice_pipeline.audio.meter import AUDIBLE
from voice_pipeline.audio.ring import AudioRing
from voice_pipeline.audio.sinks.paced import NullSink
from voice_pipeline.audio.sources.file import FileSource, FileStarted
from voice_pipeline.bringup.profile import load_profile
from voice_pipeline.dialogue import ModelSettings, create
from voice_pipeline.dialogue.protocol import GenerateOptions, Message, TextDelta
from voice_pipeline.nodes.asr import make_transcriber
from voice_pipeline.nodes.asr import parameters as asr_parameters
from voice_pipeline.tts.normalize import speakable
from voice_pipeline.tts.pieces import split_pieces
from voice_pipeline.tts.protocol import Cancellation, SynthesizerOptions
from voice_pipeline.tts.registry import make_synthesizer
from voice_pipeline.tts.trim import SilenceTrimmer, pause_after
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions, Event, Kind, Reason
from voice_pipeline.vad.segmenter import Segmenter
from voice_pipeline.vad.silero import SileroDetector

_BLOCK_S = 0.02


class Steps:
    """The three models, each asked for the whole."""

    def __init__(self, models: Models) -> None:
        profile = load_profile(PROFILE).parameters
        asr = {**profile["asr"], "model": models.whisper, **whole_window()}
        self._transcriber = make_transcriber(asr_parameters(asr))
        self._language = asr.get("language", "en")
        self._model = create(
            ModelSettings(
                model=models.llm,
                threads=profile["dialogue"].get("threads", 0),
                prompt_threads=profile["dialogue"].get("prompt_threads", 0),
            )
        )
        self._prefix = prefix()
        options = SynthesizerOptions(models.voice_model, profile["tts"].get("threads", 2))
        self._synthesizer = make_synthesizer(models.tts, options)
        self._voice = models.voice or self._synthesizer.default_voice
        self.sample_rate = self._synthesizer.sample_rate
        self._transcriber.warm_up()
        self._model.prepare()
        self._model.warm_up(self._prefix, ())
        self.sound("Hello, it is nice to meet you.")

    def words(self, audio: Int16) -> str:
        """What was said."""
        return self._transcriber.transcribe(to_float(audio), self._language).text

    def answer(self, question: str) -> str:
        """The whole answer; nothing is remembered."""
        options = GenerateOptions(temperature=TEMPERATURE, max_tokens=MAX_TOKENS)
        messages = [*self._prefix, Message("user", question)]
        deltas = self._model.stream(messages, (), threading.Event(), options)
        return "".join(d.text for d in deltas if isinstance(d, TextDelta)).strip()

    def sound(self, text: str) -> Int16:
        """The whole of it, silence before and after the words trimmed."""
        made: list[Int16] = []
        for piece in split_pieces(speakable(text, self._synthesizer.language(self._voice))):
            trimmer = SilenceTrimmer(self.sample_rate, pause_after(piece))
            for chunk in self._synthesizer.synthesize(piece, self._voice, 1.0, Cancellation()):
                made.append(trimmer.push(chunk))
            made.append(trimmer.finish())
        return np.concatenate(made) if made else np.zeros(0, np.int16)

    def close(self) -> None:
        """End the voice's process."""
        self._synthesizer.close()


def whole_window() -> dict[str, Any]:
    """The recogniser's parameter for the encoder window, if it has one, at Whisper's own length."""
    from voice_pipeline.nodes.asr import AsrNode

    return {p.name: WHOLE_WINDOW_S for p in AsrNode.PARAMETERS if p.name == "encoder_window_s"}


class Ears:
    """A thread that captures, so that nothing is lost while the loop is busy."""

    def __init__(self, wire: Wire) -> None:
        self.chunks: queue.Queue[AudioChunk | None] = queue.Queue()
        self._wire = wire
        self._source = FileSource([], on_file=self._begins)
        self._source.open()
        threading.Thread(target=self._pump, name="capture", daemon=True).start()

    def play(self, path: str) -> None:
        """Let the person say this."""
        self._source.request(path)

    def close(self) -> None:
        """End the stream."""
        self._source.close()
        self.chunks.put(None)

    def _begins(self, started: FileStarted) -> None:
        if started.index >= 0:
            self._wire.tell("started", first_sample_ns=started.first_sample_ns)

    def _pump(self) -> None:
        for chunk in self._source.chunks():
            self.chunks.put(chunk)


def listen(ears: Ears, steps: Steps, wire: Wire) -> None:
    """The loop, until the stream ends."""
    ring = AudioRing(60.0)
    segmenter = Segmenter(SileroDetector(), Endpointer(EndpointerOptions(min_silence=MIN_SILENCE_S)))
    late = False  # what was said during an answer is being listened to
    while (chunk := ears.chunks.get()) is not None:
        ring.append(chunk)
        for event in segmenter.push(chunk):
            if event.kind is Kind.END and event.reason is not Reason.TOO_SHORT:
                wire.tell("working")
                respond(event, ring, steps, wire)
                late = True
                wire.tell("working")
        if late and ears.chunks.empty() and not segmenter.speaking:
            late = False
            wire.tell("idle")


def respond(event: Event, ring: AudioRing, steps: Steps, wire: Wire) -> None:
    """One turn, step by step."""
    text = steps.words(ring.cut(event.audio_start_ns, event.audio_end_ns).samples)
    wire.tell("heard", text=text)
    if not text:
        return
    reply = steps.answer(text)
    wire.tell("reply", text=reply)
    play(steps.sound(reply), steps.sample_rate, wire)


def play(samples: Int16, rate: int, wire: Wire) -> None:
    """In real time, as a speaker would; tells when the first sample above the floor is played."""
    sink = NullSink(rate)
    sink.open()
    sink.begin(0.0)
    wire.tell("playing", on=True)
    block = round(_BLOCK_S * rate)
    waiting = True
    for start in range(0, len(samples), block):
        piece = samples[start : start + block]
        at_ns = sink.write(piece)
        loud = np.flatnonzero(np.abs(piece.astype(np.int32)) > AUDIBLE)
        if waiting and len(loud):
            wire.tell("audible", ns=at_ns + samples_to_ns(int(loud[0]), rate))
            waiting = False
    wire.tell("playing", on=False)


def main() -> int:
    """Load and warm everything, then do what is ordered."""
    wire = Wire()
    steps = Steps(MODEL_SETS[sys.argv[1]])
    ears = Ears(wire)
    loop = threading.Thread(target=listen, args=(ears, steps, wire), daemon=True)
    loop.start()
    wire.tell("ready", settings={"min_silence_s": MIN_SILENCE_S, "whisper_window_s": WHOLE_WINDOW_S})
    for path in orders():
        ears.play(path)
    ears.close()
    steps.close()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
