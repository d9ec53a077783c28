"""What the words say about the end of a turn: a sentence that ends in "the" or "um" goes on. Tables of English, and
the last words that promise more in five other languages; judged by the last words and not by the full stop, which recognisers put after everything."""

from __future__ import annotations

import re

_WH = "(what|what's|who|who's|whom|which|where|where's|when|when's|how|how's|why)"
_BE = "(is|are|was|were|am)"
_SOMETHING = "(some|any|no|every)(thing|one|body)"
_STRANDED = "(at|from|to|with|for|into|about|by|like|against)"
_OF = "(made|think|thinking|thought|hear|heard|afraid|scared|proud|tired|sick|dreaming|speaking|talking|full|part) of"

# The first that matches the end of the sentence decides; "" says that it may well end there. Particles of verbs (on, off,
# up, down, in, out, over: "Turn it on.") stand in no rule and so do end sentences.
_RULES = (
    # Answers that leave the verb out: "I'd love to." "I don't want to." "Yes, I have to."
    ("", r"(love|happy|glad) to"),
    ("", r"(don't|didn't|doesn't|not|never) (\w+ )?(want|need|have|like|mean|going|able) to"),
    ("", r"^(yes|yeah|no|nope|sure|because) .+ to"),
    ("a verb is missing", r"(want|wants|need|needs|have|has|like|going|try|trying|got|able|how|me|way) to"),
    ("a noun is missing", r"(a|an|the|this|that|what|which) (\w+ )?(capital|kind|sort|type|name|price|color|rest) of"),
    ("a noun is missing", r"(a|an|the) \w+ of"),
    # Particles that are none: "What's the weather in".
    ("a place or time is missing", r"(time is it|weather|forecast|temperature|time|timer|alarm|news) (in|at)"),
    ("a noun is missing", r"^(what|how) about|^how many|wrong with|what (i|you|we) (want|need|mean) (is|was)"),
    # Prepositions left behind: "What is that for?" "I know who you are with." "Something to listen to."
    ("", rf"{_WH} (.+ )?({_OF}|[\w']+ {_STRANDED})"),
    ("", rf"{_SOMETHING} to \w+ ({_STRANDED}|of)"),
    ("", r"^(what for|where to|where from|who with|who for)"),
    ("", r"(come|stop|stand|pass|drop|go|swing) by|^(sort|kind) of|(you|we|they|he|she|i) like|(that's|is) about it"),
    # "Tell me what it is." "Yes, it is." "Here we are." "Older than I am."
    ("", rf"\w+ {_WH} (.+ )?\w+ {_BE}"),
    ("", rf"(^|.* )(yes|no|yeah|sure|here|there|than|as|so) (i|you|he|she|it|we|they|that) {_BE}"),
    ("", rf"({_BE}|do|did|can|could|may|should|will|shall|have|than|and|but) i"),
    ("", r"(think|hope|say|said|guess|suppose|do|did|believe|told|or|why|how|if|ever|even|not|and|just|quite) so"),
    ("", r"(ever|long) since|(a|the|this|that) while|just because|(is|was|it's|that's|not) his"),
    ("a question has only begun", r"^((okay|hey|please|and|so|but) )*((can|could|would|will) you|(can|could|may) i)"),
    ("a thought aloud", r"^(well|so|okay so|anyway|let me see|let me think|let's see|i mean|you know)"),
)

# The last word, where no rule applied.
_LAST_WORDS = {
    "a noun is missing": "a an the my your our their its his every very at of from to with for into onto between during "
    "against among toward towards upon via per by about like mr mrs ms dr plus minus",
    "a conjunction goes on": "and or but because cause if although though unless whereas since until whether than nor as "
    "while so",
    "a filler": "um uh er erm uhm umm hmm hm",
    "a verb is missing": "i i'm i'll i've i'd you're you'll you've you'd he'll he'd she'll she'd we're we'll we've we'd "
    "they're they'll they've they'd he's she's it's it'll that's there's here's what's who's where's how's when's let's "
    "gonna wanna gotta",
    "a complement is missing": "is are was were am",
}
# Whole utterances, however they sound: the model knows sentences and takes one word in four for unfinished (7 of 25).
_WHOLE = re.compile(
    "(stop|cancel|quiet|wait|help|continue|go on|go ahead|never mind|repeat|again|yes|yeah|yep|no|nope|okay|ok|sure|right|maybe"
    "|hello|hi|hey|bye|goodbye|thanks|thank you|please|sorry|left|up|down|on|off|louder|quieter|faster|slower|next"
    "|what|why|how|who|where|when|zero|one|two|three|four|five|six|seven|eight|nine|ten)( please)?"
)

# Conjunctions, articles and fillers that end no sentence in these languages. No rules there: a word that may end one as
# well ("mit", "por", "in") stays out.
_ELSEWHERE = {
    "de": "und oder aber weil dass wenn ob der die das ein eine einen einem mein meine äh ähm hm also",
    "es": "y o pero porque que si el la los las un una mi tu de del a con eh em pues",
    "fr": "et ou mais parce que si le la les un une des du de mon ma mes euh hum alors",
    "it": "e o ma perché che se il lo la i gli le un una di del della mio mia ehm eh allora",
    "pt": "e ou mas porque que se o a os as um uma do da de meu minha hã então",
}
_STOPS = re.compile(
    "(stop|stopp|halt|ja|nein|danke|bitte|hallo|warte|alto|basta|para|sí|no|gracias|hola|espera|arrête|oui|non|merci|bonjour"
    "|attends|ferma|fermati|sì|grazie|ciao|aspetta|pare|chega|sim|não|obrigado|obrigada|olá)"
)

_REASONS = {word: reason for reason, words in _LAST_WORDS.items() for word in words.split()}
_LAST_ELSEWHERE = {language: frozenset(words.split()) for language, words in _ELSEWHERE.items()}
_PATTERNS = tuple((reason, re.compile(rf"(?:^|.*\s)(?:{pattern})$")) for reason, pattern in _RULES)
_OPEN_MARKS = ("...", "…", ",", "-", "–", "—", ":", ";")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=\S)")
_WORD = re.compile(r"[\w'-]*\w")
_LETTER = re.compile(r"\w\W+A\W*$")  # the letter, not the article: "Plan A."


def incomplete(text: str, language: str = "en") -> str:
    """Why the speaker will go on, judging by the words; empty when nothing speaks against the end.

    The reason never quotes the text. Of German, Spanish, French, Italian and Portuguese only the last word is judged; a
    language that is not known gives an empty string.
    """
    code = language.lower().split("-")[0]
    if code != "en" and code not in _ELSEWHERE:
        return ""
    text = _plain(text)
    if text.endswith(_OPEN_MARKS):
        return "the text breaks off"
    if code != "en":
        words = _WORD.findall(text.lower())
        return "the last word promises more" if len(words) > 1 and words[-1] in _LAST_ELSEWHERE[code] else ""
    words = _WORD.findall(_SENTENCE_END.split(text)[-1].lower())
    if not words or _LETTER.search(text):
        return ""
    sentence = " ".join(words)
    for reason, pattern in _PATTERNS:
        if pattern.match(sentence):
            return reason
    return _REASONS.get(words[-1], "")


def whole(text: str, language: str = "en") -> bool:
    """Whether these are words that people say alone, such as "Stop." and "Yes, please."; False for unknown languages."""
    code = language.lower().split("-")[0]
    if code in _ELSEWHERE:
        return _STOPS.fullmatch(" ".join(_WORD.findall(_plain(text).lower()))) is not None
    if code != "en":
        return False
    return _WHOLE.fullmatch(" ".join(_WORD.findall(_plain(text).lower()))) is not None


def _plain(text: str) -> str:
    return text.replace("’", "'").strip(" \t\n\"'”“)]")
