"""pipecat as a person would build a local bot with it: its own transport classes, voice activity, turns, Whisper, model
client and voice. Runs in pipecat's environment: `python bench/gap/pipecat_bot.py CONFIG_JSON`, speaks the lines of wire.py.

The only things of ours are the two ends: recordings in place of a microphone, and a clock in place of a loudspeaker.
Subclasses change what pipecat's API has no word for, in the tuned arm only: Whisper's beam, and thread counts.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is fetched

import onnxruntime
from bench.gap.pipecat_ends import RATE, Loudspeaker, Recordings, Watch
from bench.gap.wire import Speaker, orders
from loguru import logger
from pipecat.audio.turn.smart_turn.base_smart_turn import SmartTurnParams
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transports.base_transport import TransportParams
from pipecat.turns.user_stop import TurnAnalyzerUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner


class TunedWhisper(WhisperSTTService):
    """pipecat's service has no settings for these; what it calls with is widened by them."""

    def __init__(self, *, beam_size: int, greedy: bool, threads: int, **kwargs: Any) -> None:
        self._threads = threads
        self._more: dict[str, Any] = {"beam_size": beam_size}
        if greedy:
            self._more |= {"temperature": 0.0, "without_timestamps": True, "condition_on_previous_text": False}
        super().__init__(**kwargs)

    def _load(self) -> None:
        from faster_whisper import WhisperModel

        model = WhisperModel(
            self._settings.model, device=self._device, compute_type=self._compute_type, cpu_threads=self._threads
        )
        plain = model.transcribe
        model.transcribe = lambda audio, **given: plain(audio, **given, **self._more)  # type: ignore[method-assign]
        self._model = model


def session_options(threads: int) -> Any:
    """As our own synthesiser's: a fixed number of threads that do not spin while they wait."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def ears(c: dict[str, Any]) -> WhisperSTTService:
    """The recogniser; the model folder and number format are the same in every arm."""
    s = c["settings"]
    common: dict[str, Any] = {"device": "cpu", "compute_type": "int8"}
    common["settings"] = WhisperSTTService.Settings(model=c["whisper"])
    if s["trailing_silence"] is not None:
        common["trailing_silence_secs"] = s["trailing_silence"]
    if s["beam_size"] is None:
        return WhisperSTTService(**common)
    threads = c["asr_threads"] if s["threads"] else 0
    return TunedWhisper(beam_size=s["beam_size"], greedy=s["greedy"], threads=threads, **common)


def voice(c: dict[str, Any]) -> Any:
    """The voice, from the files of the model store."""
    files, threads = c["voice_files"], c["tts_threads"] if c["settings"]["threads"] else 0
    timeout = c["settings"]["stop_frame_timeout_s"]
    more: dict[str, Any] = {} if timeout is None else {"stop_frame_timeout_s": timeout}
    if c["tts"] == "kokoro":
        from kokoro_onnx import Kokoro
        from pipecat.services.kokoro.tts import KokoroTTSService

        settings = KokoroTTSService.Settings(voice=c["voice"])
        service: Any = KokoroTTSService(
            model_path=files["model"], voices_path=files["voices"], settings=settings, **more
        )
        if threads:
            session = onnxruntime.InferenceSession(
                files["model"], session_options(threads), providers=["CPUExecutionProvider"]
            )
            service._kokoro = Kokoro.from_session(session, files["voices"])
        return service
    from pipecat.services.piper.tts import PiperTTSService

    model = Path(files["model"])
    service = PiperTTSService(download_dir=model.parent, settings=PiperTTSService.Settings(voice=model.stem), **more)
    if threads:
        service._voice.session = onnxruntime.InferenceSession(
            str(model), session_options(threads), providers=["CPUExecutionProvider"]
        )
    return service


def user_params(s: dict[str, Any]) -> LLMUserAggregatorParams:
    """Voice activity and end of turn: Silero and Smart-Turn v3 in both arms, as pipecat brings them."""
    vad = SileroVADAnalyzer(params=VADParams() if s["stop_secs"] is None else VADParams(stop_secs=s["stop_secs"]))
    if s["incomplete_stop_secs"] is None:
        return LLMUserAggregatorParams(vad_analyzer=vad)
    analyzer = LocalSmartTurnAnalyzerV3(params=SmartTurnParams(stop_secs=s["incomplete_stop_secs"]))
    strategies = UserTurnStrategies(stop=[TurnAnalyzerUserTurnStopStrategy(turn_analyzer=analyzer)])
    return LLMUserAggregatorParams(vad_analyzer=vad, user_turn_strategies=strategies)


def in_force(s: dict[str, Any], user: Any, stt: Any, tts: Any, params: TransportParams, rate: int) -> dict[str, Any]:
    """What really holds, defaults included, for whoever reads the table."""
    analyzer = LocalSmartTurnAnalyzerV3 if user.user_turn_strategies is None else None
    turn = SmartTurnParams() if analyzer else user.user_turn_strategies.stop[0]._turn_analyzer.params
    return {
        "vad": user.vad_analyzer.params.model_dump(),
        "smart_turn": turn.model_dump(),
        "stt_trailing_silence_s": stt._trailing_silence_secs,
        "whisper": stt._more
        if isinstance(stt, TunedWhisper)
        else "faster-whisper's defaults (beam 5, fall-back temperatures)",
        "whisper_threads": stt._threads if isinstance(stt, TunedWhisper) else "CTranslate2's own choice",
        "voice_threads": s["threads"] or "ONNX Runtime's own choice, spinning",
        "text_aggregation": str(tts._text_aggregation_mode),
        "stop_frame_timeout_s": tts._stop_frame_timeout_s,
        "audio_out_10ms_chunks": params.audio_out_10ms_chunks,
        "audio_out_rate": rate,
    }


async def run(c: dict[str, Any], wire: Speaker) -> None:
    """Build the bot and serve."""
    s = c["settings"]
    rate = c["voice_rate"] if s["voice_rate"] else 24_000  # pipecat's default
    params = TransportParams(audio_in_enabled=True, audio_out_enabled=True)
    if s["out_10ms_chunks"] is not None:
        params.audio_out_10ms_chunks = s["out_10ms_chunks"]
    source, sink = Recordings(params, wire), Loudspeaker(params, wire, c["floor_dbfs"])
    system, examples = c["prefix"][0]["content"], c["prefix"][1:]
    context = LLMContext(list(examples))
    user = user_params(s)
    pair = LLMContextAggregatorPair(context, user_params=user)
    llm = OpenAILLMService(
        api_key="none",
        base_url=f"{c['server']}/v1",
        settings=OpenAILLMService.Settings(
            model="local", system_instruction=system, temperature=c["temperature"], max_tokens=c["max_tokens"]
        ),
    )
    stt, tts = ears(c), voice(c)
    pipeline = Pipeline([source, stt, pair.user(), llm, tts, sink, pair.assistant()])
    worker = PipelineWorker(
        pipeline,
        params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=rate),
        observers=[Watch(wire, sink)],
        idle_timeout_secs=None,
        enable_rtvi=False,
        enable_turn_tracking=False,
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)

    def obey() -> None:
        wire.tell("ready", settings={"in_force": in_force(s, user, stt, tts, params, rate)})
        for path in orders():
            context.set_messages(list(examples))  # nothing is remembered
            source.play(path)
        os._exit(0)

    threading.Thread(target=obey, name="orders", daemon=True).start()
    await runner.run()


def main() -> int:
    """Log warnings only: every line costs time."""
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    wire = Speaker()
    asyncio.run(run(json.loads(sys.argv[1]), wire))
    return 0


if __name__ == "__main__":
    sys.exit(main())
