"""Name -> echo canceller. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.audio.echo.protocol import EchoCanceller
from voice_pipeline.errors import VoiceError


def _webrtc(suppress_noise: bool) -> EchoCanceller:
    from voice_pipeline.audio.echo.webrtc import WebRtcCanceller

    return WebRtcCanceller(suppress_noise)


CANCELLERS: dict[str, Callable[[bool], EchoCanceller]] = {"webrtc": _webrtc}


def make_canceller(engine: str = "webrtc", suppress_noise: bool = False) -> EchoCanceller:
    """The canceller of that name.

    Raises:
        VoiceError: there is none, or its package is not installed.
    """
    if engine not in CANCELLERS:
        raise VoiceError(f"there is no echo canceller '{engine}'.", f"Use one of: {', '.join(CANCELLERS)}.")
    return CANCELLERS[engine](suppress_noise)
