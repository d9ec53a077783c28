"""Smart-Turn v3 on bare ONNX Runtime: whether a turn is over, by the sound of its last 8 s. One thread, no torch."""

from __future__ import annotations

import numpy as np

from voice_pipeline.audio.formats import SAMPLE_RATE, Float32, Int16, to_float
from voice_pipeline.errors import VoiceError
from voice_pipeline.onnx_session import small_session
from voice_pipeline.turn.log_mel import log_mel

_FILE = "smart-turn-v3.2-cpu.onnx"
_SAMPLES = 8 * SAMPLE_RATE  # what the model was trained on; shorter audio has silence in front
_VARIANCE_FLOOR = 1e-7  # digital silence stays zero (upstream's value)


class SmartTurn:
    """The end-of-turn model.

    Args:
        model: id in the model store, a folder with smart-turn-v3.2-cpu.onnx, or an ONNX file.

    Raises:
        VoiceError: the model is not on this machine, or is not Smart-Turn v3.
    """

    def __init__(self, model: str = "smart-turn-v3.2") -> None:
        self._session, path = small_session(model, _FILE, "smart-turn-v3.2")
        self._check(path)

    def probability(self, samples: Int16) -> float:
        """That the speaker has finished, 0..1.

        Args:
            samples: int16[n] at 16 kHz: the turn so far, with the silence after it. Only the last 8 s count.
        """
        return float(self._session.run(None, {"input_features": features(samples)})[0][0, 0])

    def close(self) -> None:
        """Release the session."""
        del self._session

    def _check(self, path: str) -> None:
        inputs = {i.name: i.shape[1:] for i in self._session.get_inputs()}
        if inputs != {"input_features": [80, 800]}:
            raise VoiceError(
                f"{path} takes {inputs}; Smart-Turn v3 takes input_features of 80 x 800.",
                "Run `make models MODELS=smart-turn-v3.2` for the model this class is made for.",
            )


def features(samples: Int16) -> Float32:
    """int16[n] as the model's input, float32[1, 80, 800]: front-padded, then made zero-mean with unit variance as a
    whole, padding included (as upstream trained it)."""
    window = np.zeros(_SAMPLES, np.float32)
    heard = to_float(samples[-_SAMPLES:])
    window[_SAMPLES - len(heard) :] = heard
    window = (window - window.mean()) / np.sqrt(window.var() + np.float32(_VARIANCE_FLOOR))
    return log_mel(window)[None]
