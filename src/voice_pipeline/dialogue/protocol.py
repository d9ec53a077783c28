"""What a language model is to the rest: messages in, deltas out. Apart so that engines know nothing of robots."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from voice_pipeline.errors import VoiceError

Role = Literal["system", "user", "assistant", "tool"]


class ModelUnavailable(VoiceError):
    """The server or file is not there, or broke off; the same question may succeed later."""


class ModelTimeout(VoiceError):
    """The model did not answer, or stopped in the middle, within its time."""


@dataclass(frozen=True)
class ToolCallRequest:
    """The model wants a tool called. Not trusted yet: name and arguments are as the model wrote them."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """One entry of a conversation; `calls` only for the assistant, `name` (of the tool) only for role `tool`."""

    role: Role
    content: str
    calls: tuple[ToolCallRequest, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class ToolSpec:
    """What the model is told about a tool: JSON schema of its arguments included."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class GenerateOptions:
    """temperature 0 is greedy (repeatable); max_tokens bounds one answer.

    only_tools: the tools this answer may call, None for all. An engine that can bind the model's words does, so that no
    time is lost on calls that would be refused; the caller refuses in any case. max_calls: calls in one answer.
    """

    temperature: float = 0.0
    max_tokens: int = 160
    only_tools: tuple[str, ...] | None = None
    max_calls: int = 3


@dataclass(frozen=True)
class TextDelta:
    """A piece of text, as it comes; the pieces of an answer join without separators."""

    text: str


@dataclass(frozen=True)
class Done:
    """The end of an answer: tokens read, tokens found in the cache, tokens written, seconds."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    answer_tokens: int = 0
    first_token_s: float = 0.0
    total_s: float = 0.0
    truncated: bool = False  # max_tokens was reached


Delta = TextDelta | ToolCallRequest | Done


class LanguageModel(Protocol):
    """A chat model. One call of `stream` at a time; every method may be called from any one thread."""

    @property
    def native_tools(self) -> bool:
        """True when `tools` reach the model by its own template; otherwise the prompt has to describe them."""

    def prepare(self) -> None:
        """Load the model, or find the server and learn what its model can do; `native_tools` is certain afterwards.

        Raises:
            ModelUnavailable, ModelTimeout: with the cure. May be called again later.
        """

    def warm_up(self, prefix: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Read the static beginning of every prompt, so that the first turn finds it in the cache.

        Raises:
            ModelUnavailable, ModelTimeout: with the cure.
        """

    def read_ahead(self, messages: Sequence[Message], tools: Sequence[ToolSpec], cancel: threading.Event) -> None:
        """Read a prompt into the cache while nothing is asked; the next one finds what the two have in common.

        Raises:
            ModelUnavailable, ModelTimeout: with the cure.
        """

    def stream(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        cancel: threading.Event,
        options: GenerateOptions,
    ) -> Iterator[Delta]:
        """Answer. Ends with one Done; ends early and silently when `cancel` is set.

        Raises:
            ModelUnavailable, ModelTimeout: with the cure; what was yielded before stands.
        """

    def close(self) -> None:
        """Release model and connections. A running `stream` ends."""
