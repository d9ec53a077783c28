"""A detector that remembers what it said: a sweep of thresholds asks the same questions again and again. Exact, because the
answers depend on nothing but the frames since the last reset."""

from __future__ import annotations

from voice_pipeline.audio.formats import CHUNK_SAMPLES, Int16
from voice_pipeline.vad.protocol import VoiceActivityDetector


class RememberingDetector:
    """Call `listen_to` before each recording, with a name that stands for exactly these samples."""

    def __init__(self, detector: VoiceActivityDetector) -> None:
        self._detector = detector
        self._said: dict[tuple[str, int], list[float]] = {}  # (recording, frame of the last reset) -> since then
        self._live: tuple[str, int, int] = ("", 0, 0)  # where the real detector is: recording, reset, next frame
        self.listen_to("", None)

    def listen_to(self, name: str, audio: Int16 | None) -> None:
        """The next frames are those of int16[n] at 16 kHz."""
        self._name, self._audio, self._at, self._since = name, audio, 0, 0

    def probability(self, frame: Int16) -> float:
        """As the real one's."""
        said = self._said.setdefault((self._name, self._since), [])
        index = self._at - self._since
        if index >= len(said):
            self._catch_up()
            said.append(self._detector.probability(frame))
            self._live = (self._name, self._since, self._at + 1)
        self._at += 1
        return said[index]

    def reset(self) -> None:
        """Forget what came before."""
        self._since = self._at

    def close(self) -> None:
        """Release the real one."""
        self._detector.close()

    def _catch_up(self) -> None:
        assert self._audio is not None
        if self._live == (self._name, self._since, self._at):
            return
        self._detector.reset()
        for at in range(self._since, self._at):
            self._detector.probability(self._audio[at * CHUNK_SAMPLES : (at + 1) * CHUNK_SAMPLES])
