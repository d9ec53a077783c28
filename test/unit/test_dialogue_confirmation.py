"""A tool that asks first: only a plain yes in the next utterance makes the call, whatever else happens drops it."""

import threading
from dataclasses import replace

import pytest

from patience import ended, until
from scripted_model import Notes, Robot, ScriptedModel
from voice_pipeline.dialogue import confirmation
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.confirmation import NO, YES, Confirmation
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.phrase_files import load_folder, load_phrases
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.protocol import Message, ModelUnavailable, ToolCallRequest
from voice_pipeline.dialogue.stock import IN_OTHER_WORDS
from voice_pipeline.dialogue.tools import Outcome, RefusedCall, ToolBox
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
PERSONA = load_persona(resource("config/personas/plain.yaml"))
ASKING = replace(FILE, tools={**FILE.tools, "look": replace(FILE.tools["look"], confirm="Shall I look {direction}?")})
LOOKED = ("look", {"direction": "left", "degrees": 20})


class Talk:
    """One conversation with a robot that asks before it looks."""

    def __init__(self, script=None, file=ASKING, phrases=None):
        self.model = ScriptedModel(script)
        self.robot = Robot()
        self.notes = Notes()
        self.mind = Assembled(self.model, file, PERSONA, self.robot, MindSettings(), phrases=phrases)

    def say(self, text, gate=None, cancel=None, language=""):
        hear = cancel or threading.Event()
        return self.mind.answer(text, hear, self.notes, gate, language=language, answer_in=language)


def test_the_robot_asks_and_a_yes_makes_the_call():
    talk = Talk()
    talk.say("Look left")
    assert talk.robot.calls == []
    assert talk.notes.clauses == ["Shall I look left?"]
    assert "asks first" in talk.notes.refusals[0][1]
    talk.say("Yes, please.")
    assert talk.robot.calls == [LOOKED]
    assert talk.notes.clauses[1:] == ["Okay, looking left."]


def test_a_call_by_the_model_asks_too_and_nothing_else_of_its_answer_is_done():
    call = '{"tool": "look", "arguments": {"direction": "left"}}\n{"tool": "play_move", "arguments": {"name": "nod"}}\n'
    talk = Talk(lambda q: [call])
    talk.say("Would you turn a bit leftish, nodding")
    assert talk.robot.calls == []
    talk.say("Sure, go ahead!")
    assert talk.robot.calls == [LOOKED]


def test_a_yes_needs_no_model():
    talk = Talk()
    talk.model.fault = ModelUnavailable("it is down.", "Start it.")
    talk.say("Look left")
    talk.say("Yes")
    assert talk.robot.calls == [LOOKED]


def test_a_yes_to_nothing_is_no_request_unless_the_model_has_asked():
    talk = Talk(lambda q: ['{"tool": "play_move", "arguments": {"name": "nod"}}'])
    talk.say("Yes.")
    assert talk.robot.calls == []
    talk.mind.history.append("Say yes or no.", [Message("assistant", "Shall I nod?")])
    talk.say("Yes.")
    assert [c[0] for c in talk.robot.calls] == ["play_move"]


def test_a_no_drops_it_and_is_said():
    talk = Talk()
    talk.say("Look left")
    talk.say("No, better not.")
    assert talk.notes.clauses[1:] == ["Okay, I won't."]
    talk.say("Yes")
    assert talk.robot.calls == []


@pytest.mark.parametrize(
    "answer", ["Yes, but not now", "What time is it?", "Maybe", "yes and look right as well", "I said yes yesterday"]
)
def test_anything_else_drops_it(answer):
    talk = Talk()
    talk.say("Look left")
    talk.say(answer)
    talk.say("Yes")
    assert LOOKED not in talk.robot.calls


def test_a_yes_that_comes_too_late_makes_no_call(monkeypatch):
    now = 0.0
    monkeypatch.setattr(confirmation.Confirmation.__init__, "__defaults__", (lambda: now,))
    talk = Talk()
    talk.say("Look left")
    now = 14.9
    assert talk.mind._mind._confirmation.waiting() is not None
    now = 15.1
    talk.say("Yes")
    assert talk.robot.calls == []
    assert talk.notes.clauses[1:] == ["That took too long. Please ask me again."]
    talk.say("What a pity")
    talk.say("Yes")
    assert talk.model.prompts[-1][-1].content == "Yes"  # of something else


def test_a_yes_long_after_its_time_is_no_answer_to_the_question(monkeypatch):
    now = 0.0
    monkeypatch.setattr(confirmation.Confirmation.__init__, "__defaults__", (lambda: now,))
    talk = Talk()
    talk.say("Look left")
    now = 60.0
    talk.say("Yes")
    assert talk.robot.calls == []
    assert talk.model.prompts[-1][-1].content == "Yes"


def test_a_late_yes_needs_no_model_and_one_that_is_only_guessed_settles_nothing(monkeypatch):
    now = 0.0
    monkeypatch.setattr(confirmation.Confirmation.__init__, "__defaults__", (lambda: now,))
    talk = Talk()
    talk.model.fault = ModelUnavailable("it is down.", "Start it.")
    talk.say("Look left")
    now = 16.0
    assert not talk.mind._mind.needs_model("Yes")
    given_up = threading.Event()
    with pytest.raises(ModelUnavailable):
        talk.say("Yes but", given_up)
    talk.say("Yes")
    assert talk.notes.clauses[-1] == "That took too long. Please ask me again."


def test_the_newer_question_counts():
    talk = Talk()
    talk.say("Look left")
    talk.say("Look right")
    talk.say("Yes")
    assert talk.robot.calls == [("look", {"direction": "right", "degrees": 20})]


def test_the_rest_of_the_request_waits_for_the_yes():
    talk = Talk()
    talk.say("Look left and then nod.")
    assert talk.robot.calls == []
    talk.say("Yes")
    assert [c[0] for c in talk.robot.calls] == ["look", "play_move"]


def test_a_guessed_yes_calls_nothing_until_the_person_has_finished():
    talk = Talk()
    talk.say("Look left")
    cancel, gate = threading.Event(), threading.Event()
    threading.Timer(0.1, cancel.set).start()  # the person goes on after "yes"
    talk.say("Yes", gate, cancel)
    assert talk.robot.calls == []
    gate.set()
    talk.say("Yes", gate)
    assert talk.robot.calls == [LOOKED]


def test_a_guess_that_was_given_up_drops_nothing_and_one_that_was_kept_does():
    talk = Talk()
    talk.say("Look left")
    given_up, kept = threading.Event(), threading.Event()
    talk.say("Yeah well", given_up)
    talk.say("Tell me", kept)
    assert talk.mind._mind._confirmation.waiting() is not None
    kept.set()
    talk.say("Yes")
    assert talk.robot.calls == []


def test_no_word_of_any_language_is_both_yes_and_no():
    known = Confirmation()
    for answers, meant in ((YES, "yes"), (NO, "no")):
        for language, words in answers.items():
            for word in words.split("|"):
                assert known.read(word) == meant, (language, word)


@pytest.mark.parametrize(
    "said", ["Ja, bitte!", "Oui.", "¡Sí, claro!", "Sì, certo", "Sim", "はい、お願いします。", "OK"]
)
def test_a_yes_is_understood_in_every_language(said):
    assert Confirmation().read(said) == "yes"


@pytest.mark.parametrize(
    "said", ["", "...", "Hm", "Yes or no?", "Ja, aber langsam", "yesterday", "Not yes", "いい天気"]
)
def test_what_is_no_plain_yes_is_none(said):
    assert Confirmation().read(said) == ""


def limited(now, **limits):
    tools = {n: replace(t, per_minute=limits.get(n, 0)) for n, t in FILE.tools.items()}
    return ToolBox(tools, per_minute=5, clock=lambda: now[0])


def test_a_tool_has_a_limit_of_its_own():
    now = [0.0]
    box = limited(now, look=2)
    box.admit("look")
    box.admit("look")
    with pytest.raises(RefusedCall, match="more than 2 calls of look"):
        box.admit("look", by_model=False)
    box.admit("play_move")
    now[0] = 61.0
    box.admit("look")


def test_a_model_that_used_the_minute_up_does_not_keep_a_person_from_stopping_the_robot():
    box = limited([0.0])
    for _ in range(5):
        box.admit("play_move")
    with pytest.raises(RefusedCall):
        box.admit("play_move")
    box.admit("stop", by_model=False)


def test_a_confirmed_call_counts_once_and_keeps_to_the_limit():
    tools = {**ASKING.tools, "look": replace(ASKING.tools["look"], per_minute=1)}
    talk = Talk(file=replace(ASKING, tools=tools))
    for _ in range(2):
        talk.say("Look left")
        talk.say("Yes")
    assert talk.robot.calls == [LOOKED]
    assert talk.notes.clauses[-1] == "Sorry, I can't do that."


def test_a_tool_that_must_not_run_while_the_robot_speaks_is_over_before_the_robot_speaks_about_it():
    tools = {**FILE.tools, "look": replace(FILE.tools["look"], while_speaking=False)}
    talk = Talk(file=replace(FILE, tools=tools))
    talk.robot = talk.mind._mind._dispatcher = Robot(lambda _: None)  # accepts, and takes its time
    thread = threading.Thread(target=talk.say, args=("Look left",), daemon=True)
    thread.start()
    until(lambda: talk.robot.pending, "the call")
    thread.join(0.1)  # what must not be said has its time
    assert talk.notes.clauses == []
    talk.robot.pending[0].finish(Outcome("succeeded", "done"))
    assert ended(thread)
    assert talk.notes.clauses == ["Okay, looking left."]


def test_a_call_that_waits_is_not_in_the_models_hands():
    talk = Talk(lambda q: [ToolCallRequest("look", {"direction": "left"}), "Yes."])
    talk.say("Please turn your head somewhere left")
    assert talk.robot.calls == []


QUESTIONS = {
    "de": ("Schau nach links", "Soll ich das wirklich tun?", "Ja, bitte!", "Nein, lieber nicht."),
    "fr": ("Regarde à gauche", "Dois-je vraiment le faire ?", "Oui, vas-y !", "Non merci."),
    "es": ("Mira a la izquierda", "¿De verdad lo hago?", "Sí, por favor.", "Mejor no."),
    "it": ("Guarda a sinistra", "Devo farlo davvero?", "Sì, certo!", "No, lascia stare."),
    "pt": ("Olha para a esquerda", "Queres mesmo que o faça?", "Sim, por favor.", "Não, obrigado."),
    "ja": ("左を見て", "本当にやってもいいですか？", "はい、お願いします。", "いいえ、結構です。"),
}


@pytest.mark.parametrize("language", QUESTIONS)
def test_the_question_the_yes_and_the_no_are_in_the_persons_language(language):
    command, question, yes, no = QUESTIONS[language]
    talk = Talk(phrases=load_folder(resource("config/phrases"), ASKING))
    talk.say(command, language=language)
    assert talk.notes.clauses == [question]
    talk.say(no, language=language)
    assert talk.robot.calls == []
    talk.say(command, language=language)
    talk.say(yes, language=language)
    assert talk.robot.calls == [LOOKED]


@pytest.mark.parametrize("text", [MindSettings.will_not, MindSettings.too_late])
def test_what_is_said_when_nothing_is_done_has_words_in_every_language_with_phrases(text):
    assert QUESTIONS.keys() <= IN_OTHER_WORDS[text].keys()


def test_a_phrase_file_may_ask_about_one_tool_in_words_of_its_own(tmp_path):
    start = "language: de\nnegations: [nicht]\nconfirm: Wirklich?\ntools:\n  look:\n"
    path = tmp_path / "de.yaml"
    path.write_text(
        start + '    confirm: "Soll ich nach {direction} schauen?"\n    spoken: {direction: {left: links}}\n'
    )
    look = load_phrases(path, ASKING).tools["look"]
    assert look.question({"direction": "left", "degrees": 20}) == "Soll ich nach links schauen?"
    path.write_text(start + '    confirm: "Nach {where}?"\n')
    with pytest.raises(VoiceError, match=r"de\.yaml, line 6: tools\.look\.confirm: there is no argument 'where'"):
        load_phrases(path, ASKING)
    path.write_text(start.replace("look", "sleep") + '    confirm: "Schlafen?"\n')
    with pytest.raises(VoiceError, match=r"line 6: tools\.sleep\.confirm: the tool file does not have it ask"):
        load_phrases(path, ASKING)
