"""Turns a CTranslate2 Whisper folder into a Hugging Face one, exactly: so that the PyTorch engine can be tried offline.

    python scripts/ct2_to_hf.py CT2_FOLDER HF_FOLDER

Needs numpy and safetensors. The weights keep their number format (float16 in the folders that `make models` fetches).
"""

from __future__ import annotations

import json
import shutil
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

_VERSION = 6  # of CTranslate2's model.bin
_DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_MULTILINGUAL_VOCABULARY = 51_865  # English-only models have 51,864 tokens
Tensors = dict[str, Any]


def read_ct2(path: Path) -> Tensors:
    """All variables of a model.bin by name; aliases resolved."""
    with path.open("rb") as file:
        version = _u32(file)
        if version != _VERSION:
            raise SystemExit(f"{path} is of version {version}; this script reads version {_VERSION}.")
        name, _revision = _string(file), _u32(file)
        if name != "WhisperSpec":
            raise SystemExit(f"{path} holds a {name}, not a Whisper.")
        tensors = {}
        for _ in range(_u32(file)):
            key = _string(file)
            shape = [_u32(file) for _ in range(file.read(1)[0])]
            dtype = _DTYPES[file.read(1)[0]]
            tensors[key] = np.frombuffer(file.read(_u32(file)), dtype).reshape(shape)
        for _ in range(_u32(file)):
            alias, target = _string(file), _string(file)
            tensors[alias] = tensors[target]
    return tensors


def _u32(file: BinaryIO) -> int:
    value: int = struct.unpack("<I", file.read(4))[0]
    return value


def _string(file: BinaryIO) -> str:
    (length,) = struct.unpack("<H", file.read(2))
    return file.read(length).rstrip(b"\0").decode()


def convert(ct2: Tensors) -> Tensors:
    """CTranslate2's names and fused matrices as Hugging Face's."""
    if any(key.endswith("_scale") for key in ct2):
        raise SystemExit("the weights are quantised; take a float16 or float32 model.")
    hf: Tensors = {}
    for conv in ("conv1", "conv2"):
        _copy(ct2, f"encoder/{conv}", hf, f"model.encoder.{conv}")
    hf["model.encoder.embed_positions.weight"] = ct2["encoder/position_encodings/encodings"]
    hf["model.decoder.embed_positions.weight"] = ct2["decoder/position_encodings/encodings"]
    hf["model.decoder.embed_tokens.weight"] = ct2["decoder/embeddings/weight"]
    for side in ("encoder", "decoder"):
        _copy(ct2, f"{side}/layer_norm", hf, f"model.{side}.layer_norm")
        for index in range(layers(ct2, side)):
            _layer(ct2, f"{side}/layer_{index}", hf, f"model.{side}.layers.{index}")
    return hf


def layers(ct2: Tensors, side: str) -> int:
    """Number of layers of the encoder or decoder."""
    names = {key.split("/")[1] for key in ct2 if key.startswith(f"{side}/layer_")}
    return sum(name.removeprefix("layer_").isdigit() for name in names)


def _layer(ct2: Tensors, old: str, hf: Tensors, new: str) -> None:
    _copy(ct2, f"{old}/self_attention/layer_norm", hf, f"{new}.self_attn_layer_norm")
    _split(ct2, f"{old}/self_attention/linear_0", hf, f"{new}.self_attn", ("q_proj", "k_proj", "v_proj"))
    _copy(ct2, f"{old}/self_attention/linear_1", hf, f"{new}.self_attn.out_proj")
    if f"{old}/attention/linear_0/weight" in ct2:
        _copy(ct2, f"{old}/attention/layer_norm", hf, f"{new}.encoder_attn_layer_norm")
        _copy(ct2, f"{old}/attention/linear_0", hf, f"{new}.encoder_attn.q_proj")
        _split(ct2, f"{old}/attention/linear_1", hf, f"{new}.encoder_attn", ("k_proj", "v_proj"))
        _copy(ct2, f"{old}/attention/linear_2", hf, f"{new}.encoder_attn.out_proj")
    _copy(ct2, f"{old}/ffn/layer_norm", hf, f"{new}.final_layer_norm")
    _copy(ct2, f"{old}/ffn/linear_0", hf, f"{new}.fc1")
    _copy(ct2, f"{old}/ffn/linear_1", hf, f"{new}.fc2")


def _copy(ct2: Tensors, old: str, hf: Tensors, new: str) -> None:
    hf[f"{new}.weight"] = ct2[f"{old}/gamma"] if f"{old}/gamma" in ct2 else ct2[f"{old}/weight"]
    bias = ct2.get(f"{old}/beta", ct2.get(f"{old}/bias"))
    if bias is not None:
        hf[f"{new}.bias"] = bias


def _split(ct2: Tensors, old: str, hf: Tensors, new: str, names: tuple[str, ...]) -> None:
    weights = np.split(ct2[f"{old}/weight"], len(names))
    biases = np.split(ct2[f"{old}/bias"], len(names))
    for name, weight, bias in zip(names, weights, biases, strict=True):
        hf[f"{new}.{name}.weight"] = weight
        if name != "k_proj":  # Whisper's keys have no bias; CTranslate2 stores zeros there
            hf[f"{new}.{name}.bias"] = bias
        elif bias.any():
            raise SystemExit(f"{old}: a key bias that is not zero; this is no Whisper.")


def configs(ct2: Tensors, hf: Tensors, source: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """config.json, generation_config.json, preprocessor_config.json, tokenizer_config.json."""
    vocabulary, width = hf["model.decoder.embed_tokens.weight"].shape
    english = vocabulary < _MULTILINGUAL_VOCABULARY
    end = 50_256 if english else 50_257
    tokens = {
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        "decoder_start_token_id": end + 1,
        "suppress_tokens": source["suppress_ids"],
        "begin_suppress_tokens": source["suppress_ids_begin"],
    }
    mels = hf["model.encoder.conv1.weight"].shape[1]
    config = {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "d_model": width,
        "encoder_layers": layers(ct2, "encoder"),
        "decoder_layers": layers(ct2, "decoder"),
        "encoder_attention_heads": int(ct2["encoder/num_heads"]),
        "decoder_attention_heads": int(ct2["decoder/num_heads"]),
        "encoder_ffn_dim": 4 * width,
        "decoder_ffn_dim": 4 * width,
        "vocab_size": vocabulary,
        "num_mel_bins": mels,
        "max_source_positions": hf["model.encoder.embed_positions.weight"].shape[0],
        "max_target_positions": hf["model.decoder.embed_positions.weight"].shape[0],
        "scale_embedding": False,
        "torch_dtype": str(hf["model.decoder.embed_tokens.weight"].dtype),
        **tokens,
    }
    generation: dict[str, Any] = {**tokens, "is_multilingual": not english, "max_length": 448}
    generation["no_timestamps_token_id"] = 50_362 if english else 50_363
    if english:
        generation["forced_decoder_ids"] = [[1, 50_362]]
    return {
        "config.json": config,
        "generation_config.json": generation,
        "preprocessor_config.json": {
            "feature_extractor_type": "WhisperFeatureExtractor",
            "processor_class": "WhisperProcessor",
            "feature_size": mels,
            "sampling_rate": 16_000,
            "hop_length": 160,
            "n_fft": 400,
            "chunk_length": 30,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "WhisperTokenizer",
            "processor_class": "WhisperProcessor",
            "model_max_length": 1024,
            **dict.fromkeys(("bos_token", "eos_token", "unk_token", "pad_token"), "<|endoftext|>"),
        },
    }


def main() -> int:
    """Convert the folder in the first argument into the second."""
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    from safetensors.numpy import save_file  # type: ignore[import-not-found]

    ct2 = read_ct2(source / "model.bin")
    hf = convert(ct2)
    target.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in hf.items()}, target / "model.safetensors", {"format": "pt"})
    for name, body in configs(ct2, hf, json.loads((source / "config.json").read_text())).items():
        (target / name).write_text(json.dumps(body, indent=2) + "\n")
    shutil.copy(source / "tokenizer.json", target / "tokenizer.json")
    _vocabulary(target)
    print(f"{target}: {len(hf)} tensors")
    return 0


def _vocabulary(target: Path) -> None:
    """vocab.json and merges.txt, which the slow tokenizer wants, out of tokenizer.json."""
    model = json.loads((target / "tokenizer.json").read_text())["model"]
    (target / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False))
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    (target / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")


if __name__ == "__main__":
    sys.exit(main())
