"""What the tools answer that need no robot, in every language that has a phrase file."""

import functools
import threading
import time

import pytest

from scripted_model import Notes, ScriptedModel
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.facts import Facts
from voice_pipeline.dialogue.local_tools import LocalTools
from voice_pipeline.dialogue.local_words import WORDS
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.phrase_files import load_folder
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.protocol import ModelUnavailable
from voice_pipeline.dialogue.tools import PendingCall, ValidCall
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
FIRST_OF_MARCH = time.struct_time((2026, 3, 1, 9, 5, 0, 6, 60, 0))  # a Sunday
DATES = {
    "en": "Sunday, March 1, 2026",
    "de": "Sonntag, der 1. März 2026",
    "fr": "dimanche 1er mars 2026",
    "es": "domingo, 1 de marzo de 2026",
    "it": "domenica primo marzo 2026",
    "pt": "domingo, 1 de março de 2026",
    "ja": "2026年3月1日日曜日",
}


@functools.cache
def phrase_files():
    return load_folder(resource("config/phrases"), FILE)


def run(tools, name, language="en", **arguments):
    tools.language = language
    outcome = tools.run(ValidCall(FILE.tools[name], arguments))
    assert outcome.status == "succeeded", outcome.result
    return outcome.result


@pytest.mark.parametrize("language", DATES)
def test_the_date_is_said_as_the_language_says_it(language):
    assert run(LocalTools(now=lambda: FIRST_OF_MARCH), "get_date", language) == DATES[language]


@pytest.mark.parametrize("language", ["en", "xx"])
def test_a_language_without_words_is_answered_in_english(language, tmp_path):
    tools = LocalTools(Facts(tmp_path / "facts.md"), now=lambda: FIRST_OF_MARCH)
    assert run(tools, "get_date", language) == DATES["en"]
    assert run(tools, "remember", language, fact="my name is Anna") == "your name is Anna"


def test_every_language_with_phrases_has_words():
    assert {"en", *phrase_files()} == WORDS.keys()


@pytest.mark.parametrize(
    ("language", "fact", "about"),
    [
        ("de", "meine Katze heißt Minka", "meine Katze"),
        ("fr", "mon chat s'appelle Minka", "mon chat"),
        ("es", "mi gato se llama Minka", "mi gato"),
        ("it", "il mio gatto si chiama Minka", "il mio gatto"),
        ("pt", "o meu gato chama-se Minka", "o meu gato"),
        ("ja", "猫の名前はミンカです", "猫の名前"),
    ],
)
def test_a_fact_is_told_in_the_words_it_was_said_in_and_forgotten(language, fact, about, tmp_path):
    tools = LocalTools(Facts(tmp_path / "facts.md"))
    words = WORDS[language]
    assert run(tools, "recall", language) == words.nothing
    assert run(tools, "remember", language, fact=fact) == fact
    assert run(tools, "recall", language) == words.remembers.format(facts=fact)
    assert run(tools, "forget", language, about=about) == words.forgotten
    assert run(tools, "recall", language) == words.nothing


def test_more_facts_than_anybody_listens_to_are_counted(tmp_path):
    tools = LocalTools(Facts(tmp_path / "facts.md"))
    for number in range(7):
        run(tools, "remember", fact=f"number {number}")
    assert run(tools, "recall", "de").endswith("number 5; number 6. Und 2 weitere Dinge.")


# What is said to remember, to recall and to forget, and the date, each as a plain command without a model.
SAID = {
    "de": ("Merk dir, dass meine Katze Minka heißt.", "Was weißt du über mich?", "Vergiss meine Katze.", "meine Katze Minka heißt"),
    "fr": ("Souviens-toi que mon chat s'appelle Minka.", "Que sais-tu de moi ?", "Oublie mon chat.", "mon chat s'appelle Minka"),
    "es": ("Recuerda que mi gato se llama Minka.", "¿Qué sabes de mí?", "Olvida mi gato.", "mi gato se llama Minka"),
    "it": ("Ricordati che il mio gatto si chiama Minka.", "Cosa ricordi di me?", "Dimentica il mio gatto.", "il mio gatto si chiama Minka"),
    "pt": ("Lembra-te que o meu gato se chama Minka.", "O que sabes sobre mim?", "Esquece o meu gato.", "o meu gato se chama Minka"),
    "ja": ("猫の名前はミンカだと覚えておいてください。", "私について何を覚えていますか？", "猫の名前を忘れて。", "猫の名前はミンカだ"),
}  # fmt: skip
DAY = {
    "de": "Welcher Tag ist heute?",
    "fr": "Quel jour sommes-nous ?",
    "es": "¿Qué día es hoy?",
    "it": "Che giorno è oggi?",
    "pt": "Que dia é hoje?",
    "ja": "今日は何曜日ですか？",
}


class Local:
    """Carries out what is local."""

    def start(self, call, call_id):
        pending = PendingCall(call_id, call)
        pending.finish(self.mind.local.run(call))
        return pending


@pytest.fixture
def ask(tmp_path):
    """ask(text, language): what is said, with the model server dead."""
    model, robot = ScriptedModel(), Local()
    model.fault = ModelUnavailable("it is down.", "Start it.")
    persona = load_persona(resource("config/personas/plain.yaml"))
    phrases, facts = phrase_files(), Facts(tmp_path / "facts.md")
    robot.mind = Assembled(model, FILE, persona, robot, MindSettings(), phrases=phrases, facts=facts)

    def answer(text, language):
        notes = Notes()
        robot.mind.answer(text, threading.Event(), notes, language=language, answer_in=language)
        return notes.clauses

    return answer


@pytest.mark.parametrize("language", SAID)
def test_a_fact_is_kept_told_and_forgotten_by_plain_commands(ask, language):
    remember, recall, forget, fact = SAID[language]
    words = WORDS[language]
    assert len(ask(remember, language)) == 1
    assert ask(recall, language) == [words.remembers.format(facts=fact)]
    assert ask(forget, language) == [words.forgotten]
    assert ask(recall, language) == [words.nothing]


@pytest.mark.parametrize("language", DAY)
def test_the_date_is_a_plain_command_and_a_sentence(ask, language):
    before = time.localtime()
    (said,) = ask(DAY[language], language)
    days = [WORDS[language].date_of(day) for day in (before, time.localtime())]  # midnight may lie between
    assert any(day in said for day in days)
    assert "It is" not in said


def test_not_to_forget_is_not_to_forget(ask):
    assert ask("Vergiss nicht, dass ich Tee mag.", "de") == ["Gut, das merke ich mir."]
    assert ask("N'oublie pas que j'aime le thé.", "fr") == ["D'accord, je le retiens."]
    assert ask("Vergiss es.", "de") == ["Okay."]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("今日は私の誕生日だということを覚えておいて", "今日は私の誕生日だ"),  # "今" is also a polite word
        ("ロボットさん、私は紅茶が好きだって覚えてくれますか？", "私は紅茶が好きだ"),
        ("覚えておいてください。私の名前は Anna Smith です。", "私の名前は Anna Smith です"),  # so is "です"
        ("私がコーヒーを飲まないことを忘れないで", "私がコーヒーを飲まない"),
    ],
)
def test_a_japanese_fact_stands_on_either_side_of_the_verb_and_is_kept_whole(ask, said, kept):
    assert ask(said, "ja") == ["はい、覚えました。"]
    assert ask("何を覚えてる？", "ja") == [WORDS["ja"].remembers.format(facts=kept)]


@pytest.mark.parametrize("said", ["全部忘れて", "私のことを全部忘れてください", "記憶を消して"])
def test_everything_is_forgotten_in_japanese_too(ask, said):
    ask("猫の名前はミンカだと覚えて", "ja")
    ask("私の名前はアンナだと覚えて", "ja")
    assert ask(said, "ja") == [WORDS["ja"].forgotten]
    assert ask("何を覚えていますか", "ja") == [WORDS["ja"].nothing]


@pytest.mark.parametrize(
    "said",
    ["傘を忘れてしまいました", "宿題を忘れてた", "昨日傘を忘れて、濡れました", "それは忘れて", "先生は漢字を覚えてと言った",
     "私の名前がアンナだと覚えていますか？", "覚えてくれますか", "覚えておいて"],
)  # fmt: skip
def test_what_only_speaks_of_remembering_in_japanese_is_no_command(said):
    assert phrase_files()["ja"].phrases.match(said) is None
