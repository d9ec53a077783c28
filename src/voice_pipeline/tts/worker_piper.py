"""A Piper voice straight on ONNX Runtime, phonemes by espeak-ng (GPL-3): only imported in the worker process."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np
from phonemizer.backend import EspeakBackend
from phonemizer.backend.espeak.wrapper import EspeakWrapper

from voice_pipeline.audio.formats import Float32
from voice_pipeline.tts.worker_session import make_session

_PAD, _START, _END = "_", "^", "$"  # of every Piper phoneme map


class PiperEngine:
    """One voice; the rate is the voice's own (22,050 Hz for "medium")."""

    def __init__(self, settings: dict[str, Any]) -> None:
        model = Path(settings["model"])
        config = json.loads(model.with_name(model.name + ".json").read_text(encoding="utf-8"))
        if config.get("num_speakers", 1) > 1:
            raise ValueError(f"{model.name} has {config['num_speakers']} speakers; only voices with one are supported")
        if config.get("phoneme_type", "espeak") != "espeak":
            raise ValueError(f"{model.name} wants {config['phoneme_type']} phonemes, not espeak's")
        self._ids: dict[str, list[int]] = config["phoneme_id_map"]
        scales = config["inference"]
        self._noise, self._length, self._noise_w = (scales[k] for k in ("noise_scale", "length_scale", "noise_w"))
        self._session, self.notes = make_session(str(model), settings["threads"], settings["providers"])
        EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
        EspeakWrapper.set_library(espeakng_loader.get_library_path())
        language = config["espeak"]["voice"]
        self._espeak = EspeakBackend(language, preserve_punctuation=True, with_stress=True)
        self.sample_rate = int(config["audio"]["sample_rate"])
        self.providers: list[str] = self._session.get_providers()
        self.languages = {model.stem: language}

    def synthesize(self, text: str, voice: str, speed: float, run_options: Any) -> Float32:
        """float32[n] in -1..1."""
        ids = self._tokens(self._espeak.phonemize([text], strip=True)[0])
        feed = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([self._noise, self._length / speed, self._noise_w], np.float32),
        }
        samples: Float32 = np.asarray(self._session.run(None, feed, run_options)[0], np.float32).ravel()
        return samples

    def _tokens(self, phonemes: str) -> list[int]:
        """Phoneme ids with a pad between all; what the voice does not know is left out."""
        known = [self._ids[p] for p in unicodedata.normalize("NFD", phonemes) if p in self._ids]
        if not known:
            raise ValueError(f"no phonemes of {phonemes!r} are known to the voice")
        ids = [*self._ids[_START]]
        for one in known:
            ids += [*self._ids[_PAD], *one]
        return [*ids, *self._ids[_PAD], *self._ids[_END]]
