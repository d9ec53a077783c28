"""faster-whisper's model with an encoder that hears less than 30 s: most of what Whisper computes for a command is the
padding behind it. faster-whisper's own `chunk_length` shortens what is cut, not what is padded."""

from __future__ import annotations

from typing import Any

from faster_whisper import WhisperModel

_FRAMES_PER_SECOND = 100
WHOLE_WINDOW_S = 30.0


class WindowedWhisper(WhisperModel):  # type: ignore[misc]
    """A WhisperModel; set `window_s` before `transcribe`. All figures it returns mean what they do at 30 s."""

    window_s = WHOLE_WINDOW_S
    languages: tuple[str, ...] = ()  # to guess from; empty for all

    def encode(self, features: Any) -> Any:
        """Encode float32[mels, 3000] of which only the first `window_s` are not padding."""
        # The encoder halves the frames: an even number.
        return super().encode(features[..., : 2 * round(self.window_s * _FRAMES_PER_SECOND / 2)])

    def detect_language(self, *args: Any, **more: Any) -> tuple[str, float, list[tuple[str, float]]]:
        """(language, its probability, all with theirs): the best of those that are allowed."""
        language, probability, every = super().detect_language(*args, **more)
        if not self.languages:
            return language, probability, every
        allowed = [(name, p) for name, p in every if name in self.languages]
        return (*max(allowed, key=lambda entry: entry[1]), every)
