"""The mind: language models behind one protocol, and how their words become speech and tool calls. No ROS here.

A new engine is one file with a class of protocol.LanguageModel and one line in ENGINES.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from voice_pipeline.dialogue.protocol import LanguageModel
from voice_pipeline.errors import VoiceError

# name -> module; its `create(settings)` builds the engine. Imported only when chosen: the runtimes are heavy.
ENGINES = {
    "llama_cpp": "voice_pipeline.dialogue.llama_cpp",
    "ollama": "voice_pipeline.dialogue.ollama",
    "openai": "voice_pipeline.dialogue.openai_server",
}


@dataclass(frozen=True)
class ModelSettings:
    """What a profile says about the language model; each engine uses what concerns it.

    model: id of the store or path (llama_cpp), or a name the server knows (ollama, openai). threads 0: one less than the
    cores. Times in seconds. fallback_*: of the engine that answers while this one cannot; none when fallback_engine is
    empty.
    """

    engine: str = "llama_cpp"
    model: str = "qwen2.5-coder-0.5b-instruct"
    host: str = "http://127.0.0.1:11434"
    context_length: int = 4096
    threads: int = 0
    prompt_threads: int = 0
    gpu_layers: int = 0
    keep_alive: str = "-1"
    connect_timeout_s: float = 2.0
    first_token_timeout_s: float = 8.0
    stall_timeout_s: float = 5.0
    load_timeout_s: float = 120.0
    server_tools: bool = False
    fallback_engine: str = ""
    fallback_model: str = ""
    fallback_host: str = ""


def create(settings: ModelSettings, on_change: Callable[[str], None] = lambda _: None) -> LanguageModel:
    """The engine that settings.engine names, with its fall-back; cheap, the work is in warm_up.

    Args:
        on_change: told in a line when the fall-back takes over or the first is back.

    Raises:
        VoiceError: no such engine, its runtime is not installed, or the model is not on this machine.
    """
    if not settings.fallback_engine:
        return _create(settings)
    from voice_pipeline.dialogue.fallback import WithFallback

    other = replace(
        settings,
        engine=settings.fallback_engine,
        model=settings.fallback_model or ModelSettings.model,
        host=settings.fallback_host or settings.host,
    )
    # Half of the time to the first word each: an answer that came only after all of it would be given up by then.
    patience_s = settings.first_token_timeout_s / 2
    first = replace(settings, first_token_timeout_s=patience_s)
    return WithFallback(_create(first), _create(other), on_change, patience_s=patience_s)


def _create(settings: ModelSettings) -> LanguageModel:
    module_name = ENGINES.get(settings.engine)
    if module_name is None:
        raise VoiceError(
            f"there is no language model engine '{settings.engine}'.", f"Use one of: {', '.join(ENGINES)}."
        )
    try:
        module = importlib.import_module(module_name)
        engine: LanguageModel = module.create(settings)
    except ImportError as error:
        raise VoiceError(
            f"engine '{settings.engine}' needs the Python package '{error.name}', which is not installed.",
            "Run `make setup`, or `pip install voice_pipeline[llm]`.",
        ) from error
    return engine
