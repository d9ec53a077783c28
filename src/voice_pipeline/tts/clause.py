"""One clause on its way from text to ear: what was made of it, what was sent, what was heard. No ROS, no engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from voice_pipeline.tts.heard import Spoken, heard_text, share_heard, word_index
from voice_pipeline.tts.protocol import Cancellation
from voice_pipeline.tts.speaker import Sound
from voice_pipeline.tts.trim import pause_after
from voice_pipeline.tts.words import Words


@dataclass
class Clause:
    """Written by the thread that synthesises (begin, add, sent) and by the one that hears the player (played).

    Args:
        say_id, turn_id: as on every message about it.
        text: as it was given.
        voice, speed: of the synthesiser.
        sample_rate: Hz of its sound.
    """

    say_id: str
    turn_id: str
    text: str
    voice: str
    speed: float
    sample_rate: int
    cancellation: Cancellation = field(default_factory=Cancellation)
    request_ns: int = 0  # synthesis began; this and the next two in ns since the epoch
    first_audio_ns: int = 0
    first_played_ns: int = 0
    seconds_played: float = 0.0
    samples_made: int = 0
    sequence: int = 0  # of the next message
    complete: bool = False  # everything was made and sent
    error: str = ""  # of the synthesiser
    _characters: int = 0
    _pieces: list[Spoken] = field(default_factory=list)
    _open_samples: int = 0
    _pauses: list[int] = field(default_factory=list)  # samples after each piece

    def begin(self, pieces: Sequence[str], begun_ns: int) -> None:
        """Synthesis begins, or began at `begun_ns` if the clause was prepared."""
        self._characters = sum(len(p) for p in pieces)
        self._pauses = [round(pause_after(p) / self.speed * self.sample_rate) for p in pieces]
        self.request_ns = begun_ns

    def add(self, sound: Sound, now_ns: int) -> None:
        """Sound that is about to be sent; prepared sound was there before now."""
        if not self.first_audio_ns:
            self.first_audio_ns = sound.made_ns or now_ns
        self.samples_made += len(sound.samples)
        self._open_samples += len(sound.samples)
        if sound.characters:
            pauses = self._pauses[len(self._pieces) :]
            self._pieces.append(Spoken(sound.characters, self._open_samples, pauses[0] if pauses else 0))
            self._open_samples = 0

    def played(self, seconds: float, first_audible_ns: int) -> None:
        """What the player says."""
        self.seconds_played = max(self.seconds_played, seconds)
        self.first_played_ns = self.first_played_ns or first_audible_ns

    @property
    def words(self) -> Words:
        """What it sounds like."""
        return Words(self.text, self.voice, self.speed)

    @property
    def seconds_made(self) -> float:
        """Duration of what was synthesised so far."""
        return self.samples_made / self.sample_rate

    @property
    def share(self) -> float:
        """Share (0..1) of the text that was heard."""
        # The player counts at its own rate: a sample more or less must not cost the last word.
        played = round(self.seconds_played * self.sample_rate) + self.sample_rate // 100
        if self.complete and played >= self.samples_made:
            return 1.0
        return share_heard(self._pieces, played, self._characters) if self.seconds_played else 0.0

    def heard(self) -> str:
        """The words that were heard."""
        return heard_text(self.text, self.share)

    def word(self) -> int:
        """Index of the word that is being said."""
        return word_index(self.text, self.share)
