"""What somebody says while the robot speaks: a listener's "mm-hm", or words that want the turn.

The lists are English, with the most usual words of German, Spanish, French, Italian and Portuguese, and those that stop
in Japanese, in one pot: a transcript may be in any of them. What is also a word of another language stays out; in every
other language all words count.
"""

from __future__ import annotations

import math
import re
import unicodedata

# Said by people who listen on (Yngve 1970, "back channel"), and what recognisers write for a cough or a breath.
_LISTENER = """
a ah aha alright amazing bye cool er exactly fine good great ha haha hah hm hmm huh indeed interesting mhm mm mmhm mmhmm
mmm nice of course oh ok okay ooh oops really right see so sure thank thanks the true uh uhhuh uhuh um wow yay yeah yep
yes you yup i got it
ach doch genau gut ja jaja jawohl klar naja schön stimmt
ajá bueno claro eso genial sí vale
bien d'accord oui ouais super voilà
bene certo già sì
bom isso pois sim tá"""
_LISTENING = frozenset(_LISTENER.split())
# One of these is enough, however short and however unsure the recogniser.
_COMMAND = """
stop halt quiet silence enough wait pause freeze cancel shut
stopp aufhören ruhe warte
alto basta silencio
arrête arrêtez attends assez
fermati ferma silenzio aspetta
chega silêncio
止まって とまって 止まれ とまれ 止めて とめて ストップ やめて やめろ 待って まって 静かに 黙って 停止 うるさい"""
_COMMANDS = frozenset(_COMMAND.split())
# Orders to stop only when nothing else is said: "para" is also "for", "pare" a verb's beginning.
_COMMANDS_ALONE = frozenset(
    (
        *(
            "para",
            "para ya",
            "pare",
            "espera",
            "espere",
            "hör auf",
            "hör auf damit",
            "sei still",
            "taistoi",
            "ça suffit",
        ),
        *("stai zitto", "cállate", "párate", "detente", "pára", "calate", "ストップして", "静かにして"),
    )
)
_POLITE_ENDING = re.compile("(?:ください|下さい|よ|ね)+$")
_WORD = re.compile(r"[\w']+")


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation; "mm-hm" is one."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("-", ""))


def same_words(a: str, b: str) -> bool:
    """Nothing but case and punctuation differs."""
    return words_of(a) == words_of(b)


def is_command_to_stop(text: str) -> bool:
    """It begins or ends with a word that always stops the robot, or is one that does so alone."""
    words = words_of(text)
    if not words:
        return False
    alone = _POLITE_ENDING.sub("", "".join(words))  # Japanese: one word, with its politeness
    return (
        words[0] in _COMMANDS
        or words[-1] in _COMMANDS
        or " ".join(words) in _COMMANDS_ALONE
        or alone in _COMMANDS
        or alone in _COMMANDS_ALONE
    )


def real_words(text: str) -> int:
    """Words that a listener would not say: 0 for "mm-hm, okay"."""
    return sum(1 for w in words_of(text) if w not in _LISTENING)


def credibility(confidence: float, no_speech_probability: float) -> float:
    """How far provisional words can be believed, 0..1: that somebody speaks, and that these are the words.

    A figure that the recogniser does not give (NaN) leaves the other to decide; NaN when it gives neither. Of first
    words (two or more) babble reaches 0.29; of real speech 15 in 24 lie above 0.35 after 0.4 s, 22 in 30 after 0.8 s and
    29 in 33 after 1.2 s. By confidence alone babble reaches 0.45, as does every second of those.
    """
    speech = 1.0 if math.isnan(no_speech_probability) else 1.0 - no_speech_probability
    return speech if math.isnan(confidence) and not math.isnan(no_speech_probability) else confidence * speech


def wants_the_turn(text: str, confidence: float, least_words: int, least_confidence: float) -> bool:
    """Whether words spoken over the answer should end it.

    Args:
        confidence: 0..1, see credibility(); NaN when the recogniser has none (then it counts as sure).
        least_words: real words needed.
        least_confidence: below this words are probably noise.
    """
    if is_command_to_stop(text):
        return True
    return real_words(text) >= least_words and not confidence < least_confidence
