"""The dialogue node is asked in several languages: the voice, what the model is told, and what is said when it fails."""

import pytest
from dialogue_bench import Neighbours, heard, meet

from scripted_model import ScriptedModel
from voice_pipeline.dialogue.protocol import ModelUnavailable
from voice_pipeline.nodes import dialogue

VOICES = ["en=af_sarah", "fr=ff_siwis"]


@pytest.fixture
def model(monkeypatch):
    scripted = ScriptedModel(
        {
            "Quel temps fait-il ? (Answer in French.)": ["Il fait beau."],
            "Wie ist das Wetter? (Answer in English.)": ["It is sunny."],
            "How is the weather?": ["It is warm."],
        }
    )
    monkeypatch.setattr(dialogue, "create", lambda *_: scripted)
    return scripted


@pytest.fixture
def robot(ros, model):
    voice = Neighbours(ros, "say")
    node = ros.start(dialogue.DialogueNode, {"voices": VOICES})
    meet(ros, node, voice)
    node.ask = ros.peer().publisher(dialogue.Transcript, "transcript")
    yield node, voice
    voice.end()


def test_each_question_is_answered_in_its_language_with_its_voice(ros, robot):
    node, voice = robot
    questions = [("fr", "Quel temps fait-il ?"), ("en", "How is the weather?"), ("de", "Wie ist das Wetter?")]
    for number, (language, text) in enumerate(questions):
        node.ask.publish(heard(text, f"u{number}", language=language))
        ros.wait(lambda n=number: len(voice.spoken) == n + 1 and node._engine.idle, what=f"the answer in {language}")
    assert voice.spoken == ["Il fait beau.", "It is warm.", "It is sunny."]
    assert voice.voices == ["ff_siwis", "af_sarah", "af_sarah"]


def test_the_history_keeps_what_the_model_was_told(ros, robot):
    node, _ = robot
    node.ask.publish(heard("Quel temps fait-il ?", "u1", language="fr"))
    ros.wait(lambda: node._mind.history.turns == 1, what="the turn to be remembered")
    assert node._mind.history.prompt("")[-3].content == "Quel temps fait-il ? (Answer in French.)"


def test_the_apology_is_in_the_language_of_the_question(ros, robot, model, monkeypatch):
    node, voice = robot

    def broken(*_):
        raise ModelUnavailable("the server is gone.", "Start it.")
        yield

    monkeypatch.setattr(model, "stream", broken)
    node.ask.publish(heard("Quel temps fait-il ?", "u1", language="fr"))
    ros.wait(lambda: voice.spoken, what="an apology")
    assert (voice.spoken[0], voice.voices[0]) == ("Un instant, je n'arrive pas à réfléchir.", "ff_siwis")


def test_voices_that_are_not_understood_fail_with_the_form_to_write(ros, model):
    node = ros.start(dialogue.DialogueNode, {"voices": ["french"]}, wait=False)
    ros.wait(lambda: "fr=ff_siwis" in node._fault, what="the fault")


@pytest.fixture
def dead(monkeypatch):
    scripted = ScriptedModel()
    scripted.fault = ModelUnavailable("it is down.", "Start it.")
    monkeypatch.setattr(dialogue, "create", lambda *_: scripted)


def test_plain_commands_work_in_another_language_while_the_model_is_down(ros, dead):
    robot = Neighbours(ros, "say", "play_move", "motion/stop")
    node = ros.start(dialogue.DialogueNode, {"engine": "ollama", "voices": VOICES})
    meet(ros, node, robot)
    transcripts = ros.peer().publisher(dialogue.Transcript, "transcript")
    transcripts.publish(heard("Hoche la tête trois fois, s'il te plaît.", "u1", language="fr"))
    ros.wait(lambda: robot.spoken and robot.moves and node._engine.idle, what="the nod")
    transcripts.publish(heard("Stopp!", "u2", language="de"))
    ros.wait(lambda: robot.triggered and len(robot.spoken) == 2, what="the stop")
    assert [(m.name, m.repeat) for m in robot.moves] == [("nod", 3)]
    assert robot.spoken[0] == "D'accord, je hoche la tête."
    assert robot.spoken[1].startswith("Okay, I stopped.")  # there is no German voice
    assert robot.voices == ["ff_siwis", "af_sarah"]
    robot.end()


def test_a_folder_of_phrases_of_ones_own_is_used_and_its_mistakes_are_named(ros, model, tmp_path):
    (tmp_path / "eo.yaml").write_text("language: eo\nnegations: [ne]\ntools:\n  stopp: {phrases: [haltu]}\n")
    node = ros.start(dialogue.DialogueNode, {"phrases_dir": str(tmp_path)}, wait=False)
    ros.wait(lambda: "eo.yaml, line 4" in node._fault, what="the fault")
    assert "Did you mean 'stop'" in node._fault
