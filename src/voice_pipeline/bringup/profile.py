"""A profile: the YAML parameter file of a whole pipeline, in ROS's own format, read and checked before a node starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource
from voice_pipeline.suggestions import did_you_mean

# Every node there is, in the order in which they are brought up: who listens comes before who speaks to it.
NODES = (
    "recorder",
    "summary",
    "motion",
    "audio_player",
    "tts",
    "translator",
    "dialogue",
    "asr",
    "vad",
    "wake_word",
    "audio_capture",
)
# Only where a profile asks for them.
OPTIONAL = ("recorder", "summary", "translator", "wake_word")
USUAL = tuple(n for n in NODES if n not in OPTIONAL)


@dataclass(frozen=True)
class Profile:
    """A parameter file and what it says.

    `nodes` are the nodes it lists under supervisor/nodes, in bring-up order; `parameters` maps node -> name -> value.
    """

    path: Path
    nodes: tuple[str, ...]
    parameters: dict[str, dict[str, Any]]


def load_profile(name: str) -> Profile:
    """Read a profile by name ("demo", "jetson", "desktop") or path.

    Raises:
        VoiceError: no such file, not YAML, not ROS's format, or a node that does not exist.
    """
    path = resource(name if name.endswith((".yaml", ".yml")) else f"config/{name}.yaml")
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VoiceError(f"profile {path} cannot be read: {error.strerror}.", "Name a file.") from error
    except (yaml.YAMLError, ValueError) as error:
        raise VoiceError(f"profile {path} is not YAML: {error}.", "Correct the file.") from error
    if not isinstance(raw, dict):
        raise VoiceError(f"profile {path} holds no nodes.", "Start from config/desktop.yaml.")
    parameters: dict[str, dict[str, Any]] = {}
    for key, body in raw.items():
        node = str(key).rsplit("/", 1)[-1]
        if not (isinstance(body, dict) and set(body) == {"ros__parameters"} and _is_map(body["ros__parameters"])):
            raise VoiceError(
                f"profile {path}: '{key}' must hold exactly one key, ros__parameters.",
                "Indent the parameters of a node below `ros__parameters:`.",
            )
        if node not in (*NODES, "supervisor"):
            hint = did_you_mean(node, NODES)
            raise VoiceError(f"profile {path}: there is no node '{node}'.", f"Nodes are: {', '.join(NODES)}.{hint}")
        parameters[node] = dict(body["ros__parameters"] or {})
    wanted = parameters.get("supervisor", {}).get("nodes", list(USUAL))
    unknown = [str(n) for n in wanted if n not in NODES] if isinstance(wanted, list) else [str(wanted)]
    if unknown:
        raise VoiceError(
            f"profile {path}: supervisor/nodes lists {', '.join(unknown)}.", f"Nodes are: {', '.join(NODES)}."
        )
    return Profile(path, tuple(n for n in NODES if n in wanted), parameters)


def _is_map(value: Any) -> bool:
    return value is None or isinstance(value, dict)
