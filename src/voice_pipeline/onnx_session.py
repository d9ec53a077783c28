"""ONNX Runtime sessions as this package wants them. Apart, because detectors, the end-of-turn model and voices share them."""

from __future__ import annotations

from typing import Any

from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import find_model


def session_options(threads: int) -> Any:
    """onnxruntime.SessionOptions with that many threads, which sleep while there is nothing to compute."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads take the cores from recognition and the language model, for nothing measurable here.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def small_session(model: str, file: str, model_id: str) -> tuple[Any, str]:
    """A session on one thread of the processor, for models so small that a second thread makes them slower.

    Args:
        model: id in the model store, a folder with `file`, or an ONNX file.
        model_id: what `make models` calls it, for the cure.

    Returns:
        The session, and the path of its file for further messages.

    Raises:
        VoiceError: the model is not on this machine, or cannot be loaded.
    """
    path = find_model(model)
    path = find_model(model, file) / file if path.is_dir() else path
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(path), session_options(1), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own unexported types
        raise VoiceError(f"{path} cannot be loaded: {error}", f"Run `make models MODELS={model_id}` again.") from error
    return session, str(path)
