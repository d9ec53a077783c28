"""When an utterance must not move the robot, whatever the model made of it: refusals ("don't nod") and plain questions.

A false action is the worst mistake a robot can make, and small models make it often; these rules are few, and certain.
English only: for another language `forbids` allows everything and the model alone decides.
"""

from __future__ import annotations

import re
from typing import Literal

Reason = Literal["", "negated", "question", "story"]

_NEGATION = re.compile(
    r"\b(don'?t|(?<!why )not|never|not to|no need to|need ?n[o']t|won'?t|would ?n[o']t|(?:does|do)n'?t have to|must ?n[o']t|should ?n[o']t|no longer|without|rather not|refuse|hate|dislike|nobody|avoid|(?:did|ca|can)n[o']t (?:ask|tell|want|stand))\b"
)
_JOINT = re.compile(r"[,;.!?]|\b(?:but|instead|rather than that|and then|then)\b")
_FILLERS = re.compile(
    r"\b(?:please|okay|ok|hey|well|so|now|just|anymore|any more|thanks|thank you|no|yes|robot|reachy|me|it|that)\b"
)
# Polite or indirect commands in the shape of questions.
_INVITATION = re.compile(
    r"^(?:how about|what about|why don'?t you|why not|would you|could you|can you|will you|won'?t you|"
    r"do you mind|do you think you (?:can|could)|are you able to|is it possible|may i ask you to|mind)\b"
)
_QUESTION = re.compile(
    r"^(?:what|what'?s|who|who'?s|whose|whom|which|when(?!.*,)|where|where'?s|why|how|how'?s|is|are|was|were|am|"
    r"do you|do we|do they|do people|do robots|does|did|have you|has|had|may i|should i|can i|could i)\b"
)
# Asking to be told something is a question too, however it begins.
_TELL = re.compile(
    r"^(?:(?:can|could|would|will) you (?:please )?)?(?:tell me|explain|describe|define|talk about|spell|translate)\b"
)
_ABOUT_ABILITY = re.compile(
    r"^(?:can|could) (?:you (?:remember|understand|hear|see|feel|think)|robots|people|birds|dogs|cats)\b"
)

# Told about somebody, not to somebody.
_STORY = re.compile(r"^(?:i|we|he|she|they|people|somebody|someone|everybody|my|our|his|her|their)\b")
_YOUR_PAST = re.compile(
    r"^(?:from now on,? )?you (?:are now a|are an? |will now|were|had|did|looked|nodded|shook|slept|stopped|always|often|sometimes|usually|used to)\b"
)
_ADDRESSED = re.compile(r"\b(?:you|your|yourself|please|want|need|wish|like to see|love to see|robot|reachy)\b")
# "Look up the number" means a search; every small model reads it as a direction.
_SEARCH = re.compile(
    r"\blook (?:it |that |this |him |her |them )?up"
    r"(?: (?:the|a|an|my|our|your|his|her|some|what|who|when|where|whether|how|for)\b|$)"
    r"(?! (?:sky|ceiling|stairs|wall|lamp|light|sun|stars|moon|clouds|bit|little|moment))"
)


def forbids(utterance: str, language: str = "en") -> Reason:
    """Why nothing may move on this utterance; empty when the model may decide."""
    if not language.lower().startswith("en"):
        return ""
    text = utterance.lower().replace("’", "'").strip()
    text = re.sub(r"^(?:(?:hey|hi|hello|ok|okay|so|well|please|and|um+|uh+|robot|reachy|mini)\b[\s,.!]*)+", "", text)
    if _TELL.match(text) or _ABOUT_ABILITY.match(text) or _SEARCH.search(text):
        return "question"
    if _YOUR_PAST.match(text) or (_STORY.match(text) and not _ADDRESSED.search(text)):
        return "story"
    if _INVITATION.match(text):
        text = re.sub(r"^why don'?t you", "", text)
    elif _QUESTION.match(text) and not _then_command(text):
        return "question"
    return "negated" if _only_negated(text) else ""


def negated(clause: str) -> bool:
    """Something is refused in an English clause."""
    return _NEGATION.search(clause.lower().replace("’", "'")) is not None


def affirmed(utterance: str, language: str = "en") -> str:
    """The utterance without its negated clauses: "don't look left, nod" speaks of nodding only."""
    if not language.lower().startswith("en"):
        return utterance
    clauses = _JOINT.split(utterance.lower().replace("’", "'"))
    return " , ".join(c for c in clauses if not _NEGATION.search(c))


def _then_command(text: str) -> bool:
    """True for "how are you? Now look left.": another sentence follows the question, and it is none."""
    sentences = [s.strip() for s in re.split(r"[?.!]", text) if s.strip()]
    return len(sentences) > 1 and not _QUESTION.match(sentences[-1])


def _only_negated(text: str) -> bool:
    """True when there is a negation and no clause without one that could hold a command."""
    if not _NEGATION.search(text):
        return False
    clauses = _JOINT.split(text)
    for i, clause in enumerate(clauses):
        if _NEGATION.search(clause) or not _FILLERS.sub("", clause).strip():
            continue
        if i == 0 and len(clauses) > 1 and re.match(r"\s*(?:when|if|while|i)\b", clause):
            continue  # "when I say so, don't move"
        return False
    return True
