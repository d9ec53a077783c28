"""The fixed texts a robot may say, so that their sound can be made before they are needed."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterable, Sequence

from voice_pipeline.dialogue.tools import Tool

# The fixed texts of the profiles in languages that have a voice, or a phrase file. A text that a profile words differently is
# said as it stands there.
IN_OTHER_WORDS: dict[str, dict[str, str]] = {
    "One moment, I can't think right now.": {
        "de": "Einen Moment, ich kann gerade nicht denken.",
        "es": "Un momento, ahora mismo no puedo pensar.",
        "fr": "Un instant, je n'arrive pas à réfléchir.",
        "it": "Un momento, adesso non riesco a pensare.",
        "pt": "Um momento, agora não consigo pensar.",
        "ja": "少々お待ちください。今は考えがまとまりません。",
    },
    "Sorry, I could not answer that. Please ask me again later.": {
        "de": "Entschuldigung, das konnte ich nicht beantworten. Bitte frag mich später noch einmal.",
        "es": "Perdona, no he podido responder. Pregúntame otra vez más tarde.",
        "fr": "Désolé, je n'ai pas pu répondre. Redemande-moi plus tard.",
        "it": "Scusa, non ho potuto rispondere. Chiedimelo di nuovo più tardi.",
        "pt": "Desculpa, não consegui responder. Pergunta-me outra vez mais tarde.",
        "ja": "すみません、お答えできませんでした。あとでもう一度聞いてください。",
    },
    "Sorry, I can't do that.": {
        "de": "Entschuldigung, das kann ich nicht.",
        "es": "Lo siento, no puedo hacer eso.",
        "fr": "Désolé, je ne peux pas faire ça.",
        "it": "Mi dispiace, questo non lo posso fare.",
        "pt": "Desculpa, não posso fazer isso.",
        "ja": "すみません、それはできません。",
    },
    "I can't move right now.": {
        "de": "Ich kann mich gerade nicht bewegen.",
        "es": "Ahora mismo no puedo moverme.",
        "fr": "Je ne peux pas bouger pour le moment.",
        "it": "Adesso non posso muovermi.",
        "pt": "Agora não consigo mexer-me.",
        "ja": "今は動けません。",
    },
    "Okay, I won't.": {
        "de": "Gut, das lasse ich.",
        "es": "Vale, no lo haré.",
        "fr": "D'accord, je ne le ferai pas.",
        "it": "Va bene, non lo farò.",
        "pt": "Está bem, não faço.",
        "ja": "はい、やめておきます。",
    },
    "That took too long. Please ask me again.": {
        "de": "Das hat zu lange gedauert. Bitte sag es noch einmal.",
        "es": "Ha pasado demasiado tiempo. Pídemelo otra vez.",
        "fr": "C'était trop long. Redemande-le-moi.",
        "it": "È passato troppo tempo. Chiedimelo di nuovo.",
        "ja": "時間が過ぎました。もう一度言ってください。",
        "pt": "Passou demasiado tempo. Pede-me outra vez.",
    },
    "Let me think.": {
        "de": "Lass mich nachdenken.",
        "es": "Déjame pensar.",
        "fr": "Laisse-moi réfléchir.",
        "it": "Fammi pensare.",
        "pt": "Deixa-me pensar.",
        "ja": "考えさせてください。",
    },
    "One moment.": {
        "de": "Einen Moment.",
        "es": "Un momento.",
        "fr": "Un instant.",
        "it": "Un momento.",
        "pt": "Um momento.",
        "ja": "少々お待ちください。",
    },
}

_MOST = 40  # of one tool; a confirmation with many values is made when it is said


def stock_phrases(tools: Iterable[Tool], texts: Sequence[str]) -> list[str]:
    """`texts`, and every confirmation of a tool whose words are known beforehand: those that name only listed values."""
    phrases = [t for t in texts if t]
    for tool in tools:
        phrases += itertools.islice(_confirmations(tool), _MOST)
    return list(dict.fromkeys(phrases))


def _confirmations(tool: Tool) -> Iterable[str]:
    names = [name for _, name, _, _ in string.Formatter().parse(tool.say) if name]
    # What the model is not told of is asked for seldom: said when it is, not made beforehand.
    values = [tool.told(name) or None if name in tool.parameters.get("properties", {}) else None for name in names]
    if not tool.say or any(v is None for v in values):
        return
    for combination in itertools.product(*(v for v in values if v is not None)):
        yield tool.confirmation(dict(zip(names, combination, strict=True)))
