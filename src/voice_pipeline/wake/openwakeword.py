"""openWakeWord models straight on ONNX Runtime, without the framework, which brings scipy and scikit-learn.

The chain is its own (version 0.4.0, utils.py and model.py): 80 ms of sound -> 8 frames of a 32-band mel spectrogram ->
one embedding of the last 760 ms -> a score over the last 1.3 s of embeddings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from voice_pipeline.audio.formats import SAMPLE_RATE, Float32, Int16
from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import find_model
from voice_pipeline.onnx_session import small_session

FEATURES = "openwakeword"
FRAME = 1280  # samples, 80 ms
_OVERLAP = 3 * 160  # samples that a spectrogram frame reaches back
_MEL_FRAMES, _BANDS = 76, 32  # of one embedding
_MEL_STEP = 8
_EMBEDDING = 96
_WARM_UP_S = 4  # of silence: more than any model looks back
_UNSURE_FRAMES = 5  # the first scores after a reset count as 0 upstream
_CURE = "Run `make models MODELS=openwakeword`, or give the folder that holds the files."


class OpenWakeWord:
    """One or several words on one chain of features.

    Args:
        words: each an ONNX file of openWakeWord's, a folder with exactly one, or an id of the model store.
        features: id or folder with melspectrogram.onnx and embedding_model.onnx.

    Raises:
        VoiceError: a model is not on this machine, or is not one of openWakeWord's.
    """

    frame_samples = FRAME

    def __init__(self, words: Sequence[str], features: str = FEATURES) -> None:
        if not words:
            raise VoiceError("no wake word model is named.", "Set `models`, for instance to [openwakeword-hey-jarvis].")
        folder = find_model(features, "melspectrogram.onnx", "embedding_model.onnx")
        self._mel = _session(folder / "melspectrogram.onnx", [2], "sound of shape (batch, samples)")
        self._embed = _session(folder / "embedding_model.onnx", [4], "a spectrogram of 76 x 32")
        self._models: dict[str, tuple[Any, str, int]] = {}
        for word in words:
            path = word_file(word)
            session = _session(path, [3], f"embeddings of shape (1, n, {_EMBEDDING})")
            entry = session.get_inputs()[0]
            if entry.shape[2] != _EMBEDDING or not isinstance(entry.shape[1], int):
                raise VoiceError(
                    f"{path} takes {entry.shape}; a word model of openWakeWord takes (1, n, {_EMBEDDING}).",
                    "Give a model trained with openWakeWord.",
                )
            self._models[path.stem] = (session, entry.name, entry.shape[1])
        self._most = max(length for _, _, length in self._models.values())
        # What was heard last: sound, bands of its spectrogram, embeddings; and frames since the last reset.
        self._sound: Int16 = np.zeros(0, np.int16)
        self._bands: Float32 = np.ones((_MEL_FRAMES, _BANDS), np.float32)
        self._frames = 0
        self._silence = self._embeddings(self._spectrogram(np.zeros(_WARM_UP_S * SAMPLE_RATE, np.int16)))
        self._heard: Float32 = self._silence[-self._most :]

    @property
    def words(self) -> list[str]:
        """Names of the files."""
        return list(self._models)

    def scores(self, frame: Int16) -> dict[str, float]:
        """Score 0..1 of each word after int16[1280] more.

        Raises:
            VoiceError: the frame has another length.
        """
        if len(frame) != FRAME:
            raise VoiceError(f"a frame of {len(frame)} samples; openWakeWord takes 1280.", "Cut the audio into 1280.")
        self._sound = np.concatenate((self._sound, frame))[-FRAME - _OVERLAP :]
        self._bands = np.concatenate((self._bands, self._spectrogram(self._sound)))[-_MEL_FRAMES:]
        self._heard = np.concatenate((self._heard, self._embedding(self._bands[None])))[-self._most :]
        self._frames += 1
        if self._frames <= _UNSURE_FRAMES:
            return dict.fromkeys(self._models, 0.0)
        return {
            word: float(np.ravel(session.run(None, {name: self._heard[None, -length:]})[0])[0])
            for word, (session, name, length) in self._models.items()
        }

    def reset(self) -> None:
        """Forget what came before: silence, as upstream begins."""
        self._sound = np.zeros(0, np.int16)
        self._bands = np.ones((_MEL_FRAMES, _BANDS), np.float32)
        self._heard = self._silence[-self._most :]
        self._frames = 0

    def close(self) -> None:
        """Release the sessions."""
        self._models.clear()
        del self._mel, self._embed

    def _spectrogram(self, sound: Int16) -> Float32:
        """int16[n] -> float32[frames, 32], scaled as the embedding was trained."""
        name = self._mel.get_inputs()[0].name
        bands = self._mel.run(None, {name: sound[None].astype(np.float32)})[0]
        scaled: Float32 = bands.reshape(-1, _BANDS) / np.float32(10.0) + np.float32(2.0)
        return scaled

    def _embeddings(self, bands: Float32) -> Float32:
        starts = range(0, len(bands) - _MEL_FRAMES + 1, _MEL_STEP)
        return self._embedding(np.stack([bands[i : i + _MEL_FRAMES] for i in starts]))

    def _embedding(self, windows: Float32) -> Float32:
        """float32[n, 76, 32] -> float32[n, 96]."""
        made: Float32 = self._embed.run(None, {self._embed.get_inputs()[0].name: windows[..., None]})[0]
        return made.reshape(-1, _EMBEDDING)


def word_file(word: str) -> Path:
    """The ONNX file of a word.

    Raises:
        VoiceError: nothing there, or a folder with none or several.
    """
    path = find_model(word)
    if path.is_file():
        return path
    files = sorted(path.glob("*.onnx"))
    if len(files) != 1:
        raise VoiceError(f"{path} holds {len(files)} .onnx files.", "Name the one that is the wake word's.")
    return files[0]


def _session(path: Path, ranks: list[int], takes: str) -> Any:
    session, _ = small_session(str(path), path.name, FEATURES)
    if [len(entry.shape) for entry in session.get_inputs()] != ranks:
        shapes = [entry.shape for entry in session.get_inputs()]
        raise VoiceError(f"{path} takes {shapes}; openWakeWord's takes {takes}.", _CURE)
    return session
