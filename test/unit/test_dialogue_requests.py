"""Polite, indirect and joined requests without a model; and what must not move the robot, whatever a model makes of it."""

import json
import threading

import pytest

from patience import PATIENCE_S
from scripted_model import Notes, Robot, ScriptedModel
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.books import Books
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.phrase_files import load_folder
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
PHRASES = load_folder(resource("config/phrases"), FILE)
BOOKS = Books(FILE, "en", PHRASES)
PERSONA = load_persona(resource("config/personas/plain.yaml"))


def by_rules(text, language="en"):
    book, parts = BOOKS.choose(text, language, 3)
    return [(c.name, *map(str, c.arguments.values())) for c in book.calls(parts) or ()]


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("Would you be so kind as to look to the left?", ("look", "left")),
        ("I was wondering if you could shake your head.", ("play_move", "shake")),
        ("If you don't mind, turn your head to the right.", ("look", "right")),
        ("It would be lovely if you spoke up a bit.", ("set_volume", "louder")),
        ("Could you possibly tell me what time it is, please?", ("get_time",)),
        ("Let's see you dance, my friend!", ("play_move", "dance")),
        ("There is somebody on your left.", ("look", "left")),
        ("You look tired, take a rest.", ("sleep",)),
        ("It's too loud.", ("set_volume", "quieter")),
        ("What's the time, do you know?", ("get_time",)),
        ("I told you already, stop!", ("stop",)),
        ("Don't be so loud.", ("set_volume", "quieter")),
        ("If you can hear me, nod.", ("play_move", "nod")),
        ("My friend is here, say hello.", ("play_move", "greet")),
        ("Don't look left, look right.", ("look", "right")),
        ("Look up, no, sorry, look down.", ("look", "down")),
        ("Don't nod but look left.", ("look", "left")),
    ],
)
def test_a_request_in_other_words_needs_no_model(text, call):
    assert by_rules(text) == [call]


def test_a_stop_is_not_taken_back_by_a_no():
    assert {c[0] for c in by_rules("Stop! No! Stop!")} == {c[0] for c in by_rules("Stop! No!")} == {"stop"}


@pytest.mark.parametrize(
    ("language", "text", "call"),
    [
        ("de", "Wärst du so lieb und schaust mal nach links?", ("look", "left")),
        ("de", "Ich höre dich kaum, du sprichst zu leise.", ("set_volume", "louder")),
        ("fr", "Ça te dérangerait de regarder à droite ?", ("look", "right")),
        ("fr", "Tu as l'air fatigué, repose-toi.", ("sleep",)),
        ("es", "¿Te importaría asentir con la cabeza?", ("play_move", "nod")),
        ("es", "Hay alguien a tu derecha.", ("look", "right")),
        ("ja", "すみません、首をかしげていただけますか？", ("play_move", "tilt")),
        ("ja", "お客さんが来たから、挨拶してください。", ("play_move", "greet")),
        ("it", "Vorrei che tu, per favore, parla più forte.", ("set_volume", "louder")),
        ("pt", "Pareces cansado, descansa um pouco.", ("sleep",)),
    ],
)
def test_so_does_one_in_another_language(language, text, call):
    assert by_rules(text, language) == [call]


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        ("Nod, look left and stop.", ["play_move", "look", "stop"]),
        ("Tilt your head. Then go to sleep.", ["play_move", "sleep"]),
        ("Speak louder and afterwards look at me, please.", ["set_volume", "look"]),
    ],
)
def test_several_requests_are_carried_out_in_order(text, tools):
    assert [c[0] for c in by_rules(text)] == tools


# What a careless model would call on it.
CALLS = {
    "stop": {},
    "sleep": {},
    "wake_up": {},
    "look": {"direction": "left"},
    "play_move": {"name": "nod"},
    "set_volume": {"how": "louder"},
}


def with_greedy_model(text, tool, language="en"):
    call = json.dumps({"tool": tool, "arguments": CALLS[tool]})
    robot = Robot()
    mind = Assembled(ScriptedModel(lambda _: [call]), FILE, PERSONA, robot, MindSettings(), phrases=PHRASES)
    mind.answer(text, threading.Event(), Notes(), language=language)
    return [c[0] for c in robot.calls]


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("Do not stop.", "stop"),
        ("There is no reason to stop now.", "stop"),
        ("Stop the car.", "stop"),
        ("Stop by the bakery and bring bread.", "stop"),
        ("My boss told me to stop.", "stop"),
        ("Put the kids to sleep.", "sleep"),
        ("Sleep is important for children.", "sleep"),
        ("How long do cats sleep?", "sleep"),
        ("Wake up my sister.", "wake_up"),
        ("The note on the fridge says: robot, wake up.", "wake_up"),
        ("I usually wake up at six.", "wake_up"),
        ("He said look left.", "look"),
        ("You were looking left a minute ago.", "look"),
        ("Look left... actually, don't.", "look"),
        ("Look left, never mind.", "look"),
        ("When I clap my hands, look left.", "look"),
        ("Turn left at the next corner and drive home to mother.", "look"),
        ("Look for my glasses in the bedroom.", "look"),
        ("I hate it when you nod your head.", "play_move"),
        ("I didn't ask you to nod.", "play_move"),
        ("You are now a pirate robot that nods at every answer.", "play_move"),
        ("Nobody wants you to nod.", "play_move"),
        ("Make the television louder.", "set_volume"),
        ("Not louder, please.", "set_volume"),
        ("Is it louder outside?", "set_volume"),
    ],
)
def test_what_is_not_asked_of_the_robot_moves_nothing(text, tool):
    assert with_greedy_model(text, tool) == []


@pytest.mark.parametrize(
    ("language", "text", "tool"),
    [
        ("de", "Hör nicht auf.", "stop"),
        ("de", "Er hat gesagt, schau nach links.", "look"),
        ("de", "Dreh den Schlüssel nach links.", "look"),
        ("fr", "Ne t'arrête pas.", "stop"),
        ("fr", "Ma mère m'a dit de regarder à gauche.", "look"),
        ("es", "No pares.", "stop"),
        ("es", "Acuesta a los niños, que tienen sueño.", "sleep"),
        ("ja", "止まらないで。", "stop"),
        ("ja", "弟を起こして。", "wake_up"),
        ("it", "Non fermarti.", "stop"),
        ("pt", "Não pares.", "stop"),
    ],
)
def test_nor_in_another_language(language, text, tool):
    assert with_greedy_model(text, tool, language) == []


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("Would you please stop all of this now?", "stop"),
        ("Could you maybe do some more of that nod for us?", "play_move"),
        ("Look at that thing to the left, will you?", "look"),
    ],
)
def test_what_is_asked_in_words_that_no_phrase_has_is_left_to_the_model(text, tool):
    assert with_greedy_model(text, tool) == [tool]


@pytest.mark.parametrize(
    "text",
    [
        "The baby is awake now.",
        "I'm going to take a nap.",
        "I want to dance.",
        "Look, a bird!",
        "Hold my hand.",
        "If you see him, say hello.",
        "Nobody can hear you scream in space.",
        "What time is it in Tokyo?",
        "Thirty percent.",
        "Look left and you will see the church.",
        "The bakery is on the left side.",
        "You can't dance.",
        "She nodded and looked to the right.",
        "Don't nod and look left.",
    ],
)
def test_no_rule_acts_on_what_only_sounds_like_a_request(text):
    assert by_rules(text) == []


@pytest.mark.parametrize("length", [60, 600])
def test_long_talk_is_judged_in_no_time(length):
    text = "well and so I said to her that there is something on the floor, please, look at it, " * (length // 12)
    BOOKS.prepare()
    done = threading.Event()
    threading.Thread(target=lambda: (by_rules(text), done.set()), daemon=True).start()
    # 5 s for 900 words, growing with their square: what must not be is a pattern that never comes to an end.
    assert done.wait(4 * PATIENCE_S)
