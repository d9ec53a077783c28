"""In which language and voice a turn is answered: that of the question, where there is a voice for it. No ROS."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from voice_pipeline.dialogue.stock import IN_OTHER_WORDS
from voice_pipeline.errors import VoiceError

_REMEMBERED = 16  # utterances; an answer belongs to the last one or two
NAMES = {
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "hi": "Hindi", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "sv": "Swedish", "zh": "Chinese",
}  # fmt: skip


class Tongues:
    """Remembers the language of each utterance, and knows what follows from it.

    Without voices everything is as if there were one language.

    Args:
        language: ISO 639-1 of the profile: of its fixed texts, and of answers where no voice fits the question.
        voices: "fr=ff_siwis" each.

    Raises:
        VoiceError: an entry of `voices` is not understood.
    """

    def __init__(self, language: str, voices: Sequence[str]) -> None:
        self._language = language.lower()
        self._voices = parse_voices(voices)
        self._heard: OrderedDict[str, str] = OrderedDict()
        self._missing: set[str] = set()

    def heard(self, utterance_id: str, language: str) -> str:
        """Note the language of an utterance; returns it the first time that there is no voice for it, else ""."""
        self._heard[utterance_id] = language
        self._heard.move_to_end(utterance_id)
        while len(self._heard) > _REMEMBERED:
            self._heard.popitem(last=False)
        if not self._voices or not language or language in (self._language, *self._voices, *self._missing):
            return ""
        self._missing.add(language)
        return language

    def said_in(self, utterance_id: str) -> str:
        """The language of an utterance; empty when nobody knows."""
        return self._heard.get(utterance_id, "")

    def of(self, utterance_id: str) -> str:
        """The language to answer in."""
        language = self._heard.get(utterance_id, "")
        return language if language in self._voices else self._language

    def voice(self, utterance_id: str) -> str:
        """The voice to answer with; empty for that of the tts node."""
        return self._voices.get(self.of(utterance_id), "")

    def hint(self, utterance_id: str) -> str:
        """What the model is told behind the question; empty when the question is in the profile's language."""
        language = self._heard.get(utterance_id, "")
        if not self._voices or language in ("", self._language):
            return ""
        answer = self.of(utterance_id)
        return f"(Answer in {NAMES.get(answer, answer)}.)"

    def phrase(self, text: str, utterance_id: str) -> str:
        """A fixed text in the language of the answer; itself where there is no other wording."""
        return IN_OTHER_WORDS.get(text, {}).get(self.of(utterance_id), text)


def parse_voices(entries: Sequence[str]) -> Mapping[str, str]:
    """["fr=ff_siwis"] -> {"fr": "ff_siwis"}.

    Raises:
        VoiceError: an entry is not "language=voice".
    """
    voices = {}
    for entry in entries:
        language, sign, voice = (part.strip() for part in entry.partition("="))
        if not (sign and voice and len(language) == 2 and language.isalpha()):
            raise VoiceError(f"voices: '{entry}' is not understood.", 'Write it as "fr=ff_siwis".')
        voices[language.lower()] = voice
    return voices


def with_hint(question: str, hint: str) -> str:
    """The question as the model gets it. In the history too: what the model has read must not change behind it."""
    return f"{question} {hint}" if hint else question
