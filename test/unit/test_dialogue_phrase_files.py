"""Plain commands in other languages while no model is there; what must not move the robot; mistakes in a phrase file."""

import threading

import pytest
import yaml

from scripted_model import Notes, Robot, ScriptedModel
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.phrase_files import load_folder, load_phrases, load_shipped
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.protocol import ModelUnavailable
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
PERSONA = load_persona(resource("config/personas/plain.yaml"))
PHRASES = load_folder(resource("config/phrases"), FILE)
TABLE = yaml.safe_load(resource("test/data/plain_commands.yaml").read_text(encoding="utf-8"))
ROWS = [(language, text, expected) for language, rows in TABLE.items() for text, expected in rows.items()]
NOD = ['{"tool": "play_move", "arguments": {"name": "nod"}}']


def ask(text, said_in="", model=None, own="en", **languages):
    """What the robot did and said; a model that is not there by default."""
    robot, notes = Robot(), Notes()
    if model is None:
        model = ScriptedModel()
        model.fault = ModelUnavailable("it is down.", "Start it.")
    mind = Assembled(model, FILE, PERSONA, robot, MindSettings(language=own), phrases=PHRASES)
    try:
        mind.answer(text, threading.Event(), notes, language=said_in, **languages)
    except ModelUnavailable:
        assert robot.calls == []
    return robot.calls, notes.clauses


def as_calls(expected):
    calls = []
    for call in [] if expected == "none" else expected.split("; "):
        name, *arguments = call.split()
        calls.append((name, dict(a.split("=") for a in arguments)))
    return calls


def fits(calls, expected):
    return len(calls) == len(expected) and all(
        name == wanted and all(str(given[k]).removesuffix(".0") == v for k, v in arguments.items())
        for (name, given), (wanted, arguments) in zip(calls, expected, strict=True)
    )


@pytest.mark.parametrize(("language", "text", "expected"), ROWS)
def test_a_plain_command_works_in_its_language_with_the_model_server_dead(language, text, expected):
    calls, _ = ask(text, language)
    assert fits(calls, as_calls(expected))


@pytest.mark.parametrize(("language", "text", "expected"), ROWS)
def test_nothing_else_happens_where_the_language_is_not_known_or_is_the_nodes(language, text, expected):
    unknown, _ = ask(text)
    own, _ = ask(text, own=language)
    assert unknown == [] or fits(unknown, as_calls(expected))  # ambiguous between two languages: nothing
    assert fits(own, as_calls(expected))


def test_few_commands_are_lost_where_the_language_is_not_known():
    lost = [text for _, text, expected in ROWS if expected != "none" and not ask(text)[0]]
    assert len(lost) <= 2, lost


@pytest.mark.parametrize(("language", "text", "expected"), [r for r in ROWS if r[2] == "none"])
def test_a_model_that_wants_to_nod_at_everything_may_not_where_it_is_forbidden(language, text, expected):
    assert ask(text, language, ScriptedModel(lambda _: NOD))[0] == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Ich finde, dass alle Leute viel mehr nicken"),
        ("de", "Könntest du so freundlich sein und mit deinem Kopf nicken?"),
        ("fr", "Peux-tu me montrer comment on hoche la tête ?"),
        ("es", "¿Puedes asentir con mucha alegría?"),
        ("it", "Potresti annuire come un attore?"),
        ("pt", "Podes acenar como uma estrela?"),
        ("ja", "元気よくうなずいてくれますか？"),
    ],
)
def test_the_model_may_call_a_tool_in_words_of_the_language(language, text):
    calls, _ = ask(text, language, ScriptedModel(lambda _: NOD))
    assert [c[0] for c in calls] == ([] if text.startswith("Ich") else ["play_move"])  # "ich ..." tells a story


@pytest.mark.parametrize("language", sorted(TABLE))
def test_each_language_has_enough_to_judge_by(language):
    assert len(TABLE[language]) >= 25
    assert list(TABLE[language].values()).count("none") >= 6


@pytest.mark.parametrize("text", ["Stopp!", "Arrête !", "¡Basta!", "Fermati!", "Chega!", "止まって！", "Stop!"])
@pytest.mark.parametrize("guessed", ["", "en", "de", "ja", "cy"])
def test_stop_stops_in_every_language_whatever_the_recogniser_took_it_for(text, guessed):
    assert ask(text, guessed)[0] == [("stop", {})]


def test_what_moves_the_robot_is_not_taken_from_a_language_that_was_not_spoken():
    assert ask("Annuisci.", "de")[0] == []
    assert [c[0] for c in ask("Nod.", "de")[0]] == ["play_move"]  # the node's own language counts always


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("Nick.", "de", "Okay, ich nicke."),
        ("Hoche la tête.", "fr", "D'accord, je hoche la tête."),
        ("Mira a la izquierda.", "es", "Vale, miro a la izquierda."),
        ("Più forte.", "it", "Va bene, più forte."),
        ("Dança!", "pt", "Está bem, danço."),
        ("首をかしげて", "ja", "はい、首をかしげます。"),
    ],
)
def test_the_answer_is_in_the_language_that_the_voice_speaks(text, language, said):
    assert ask(text, language, answer_in=language)[1] == [said]
    assert ask(text, own=language)[1] == [said]
    assert ask(text, language, answer_in="en")[1] != [said]


def test_accents_case_width_and_fillers_do_not_count():
    for text in ("HOCHE LA TETE", "euh, hoche la te\u0302te…", "Hoche  la tête !!"):
        assert ask(text, "fr")[0][0][1]["name"] == "nod"
    for text in ("うなずいて", "えっと、うなずいて。", "う な ず い て"):
        assert ask(text, "ja")[0][0][1]["name"] == "nod"


def write(tmp_path, text, name="xx.yaml"):
    path = tmp_path / name
    path.write_text("language: xx\nnegations: [ne]\n" + text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "line", "cure"),
    [
        ("tools:\n  play_mvoe:\n    phrases: [kapi]\n", 4, "Did you mean 'play_move'"),
        ("tools:\n  look:\n    words:\n      direction:\n        lefft: [x]\n", 7, "Did you mean 'left'"),
        ("tools:\n  look:\n    words:\n      direktion: {left: [x]}\n", 6, "Did you mean 'direction'"),
        ("tools:\n  look:\n    phrases:\n      - go\n      - 'go {direction}'\n", 6, "direction"),
        (
            "tools:\n  look:\n    words: {direction: {left: [x]}}\n    phrases:\n      - 'go {way}'\n",
            7,
            "no argument 'way'",
        ),
        ("tools:\n  stop:\n    phrases: [x]\n  stop:\n    phrases: [y]\n", 6, "twice"),
        ("tools:\n  stop:\n    frases: [x]\n", 4, "frases"),
        ("tools:\n  look:\n    say: 'I {fly}'\n    phrases: [{say: x, arguments: {direction: left}}]\n", 5, "fly"),
        ("tools: {stop: {phrases: [no]}}\n", 3, "not valid"),
        ("tools: [\n", 0, "cannot be read"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path, text, line, cure):
    with pytest.raises(VoiceError) as raised:
        load_phrases(write(tmp_path, text), FILE)
    assert "xx.yaml" in str(raised.value)
    assert cure in str(raised.value)
    assert not line or f"line {line}:" in str(raised.value)


def test_a_language_of_ones_own_is_a_file_in_a_folder_of_ones_own(tmp_path):
    write(tmp_path, "tools:\n  play_move:\n    phrases:\n      - {say: kapi vi, arguments: {name: nod}}\n")
    own = load_shipped(str(tmp_path), "config/tools.yaml", FILE)
    assert own["xx"].phrases.match("Kapi, vi!").arguments == {"name": "nod"}
    write(tmp_path, "tools: {}\n", "zz.yaml")
    with pytest.raises(VoiceError, match=r"xx\.yaml and zz\.yaml"):
        load_folder(tmp_path, FILE)
    assert load_shipped("", "config/tools.yaml", FILE) == {}


def test_shipped_phrases_fit_tools_of_ones_own_as_far_as_they_go(tmp_path):
    tools = tmp_path / "tools.yaml"
    tools.write_text("tools: [{name: get_time, description: Tell the time., kind: local, say: 'It is {result}.'}]")
    few = load_shipped("config/phrases", str(tools), load(tools))
    assert few["de"].phrases.match("Wie spät ist es?").name == "get_time"
    assert few["de"].phrases.match("Nick.") is None
