"""In which line of a YAML file a key stands, and what a misspelt word was meant to be: for errors that can be acted on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from voice_pipeline import suggestions

# libyaml where PyYAML was built with it: the phrases of six languages take 0.1 s instead of 0.8 s at every start.
SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(SAFE_LOADER):  # type: ignore[misc]
    """YAML 1.2's idea of a boolean: `on`, `off`, `yes` and `no` are words, and words that people say to a lamp."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|True|False)$"), list("tfTF"))


def parse(text: str) -> Any:
    """The data of a YAML text.

    Raises:
        yaml.YAMLError: it is none.
    """
    return yaml.load(text, Loader=_Loader)


class Lines:
    """Lines of the keys and entries of a YAML text (which has been read before: it is valid)."""

    def __init__(self, text: str) -> None:
        self._root = yaml.compose(text, Loader=SAFE_LOADER)

    def of(self, location: Sequence[str | int]) -> int:
        """The line, from 1, of a key or list entry; of the nearest one around it when it is not there."""
        node: Any = self._root
        line = 1
        for step in location:
            found = _step(node, step)
            if found is None:
                break
            mark, node = found
            line = mark.line + 1
        return line

    def twice(self) -> tuple[int, str] | None:
        """Line and name of a key that stands twice in one mapping, of which YAML would silently keep the last."""
        return _twice(self._root)


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """ " Did you mean 'data'?", or nothing when no option is like the word."""
    return suggestions.did_you_mean(word, options, likeness=0.55)


def _step(node: Any, step: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark, node.value[step]
    return None


def _twice(node: Any) -> tuple[int, str] | None:
    children: list[Any] = []
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                return key.start_mark.line + 1, str(key.value)
            seen.add(key.value)
            children.append(value)
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    return next((found for child in children if (found := _twice(child))), None)
