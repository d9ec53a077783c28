"""The translator node between transcripts and speech, over real DDS, with a scripted model."""

import pytest
from dialogue_bench import heard, listen
from voice_pipeline.msg import Reply, Transcript, VoiceActivity

from ros_bench import names
from scripted_model import WAIT, ScriptedModel
from voice_pipeline.dialogue.protocol import ModelUnavailable
from voice_pipeline.errors import VoiceError
from voice_pipeline.nodes import translator
from voice_pipeline.ros.diagnostics import ERROR, WARN

SCRIPT = {
    "Good morning, everybody here.": ["Guten Morgen, ", "ihr ", WAIT, "alle hier."],
    "How are you?": ["Wie geht es dir?"],
    "It is broken and cold.": [ModelUnavailable("the server is gone.", "Start it.")],
    "Half of it comes, then nothing.": ["Die Hälfte kommt, ", "und ", ModelUnavailable("it broke off.", "Start it.")],
    "Please give me that one back.": ["Please give me that one back."],
}


def script(question):
    return SCRIPT.get(question.split(": ", 1)[1], [f"Satz {question.rsplit(' ', 1)[-1]}"])


@pytest.fixture
def model(monkeypatch):
    scripted = ScriptedModel(script)
    monkeypatch.setattr(translator, "create", lambda *_: scripted)
    return scripted


@pytest.fixture
def stage(ros, model, neighbours):
    """(node, voice, what is published on `translation`, a publisher of transcripts)"""

    def make(voice=True, **params):
        mouth = neighbours("say") if voice else None
        node = ros.start(
            translator.TranslatorNode, {"target": "de", "voice": "anna", "cannot": "Geht nicht.", **params}
        )
        written = listen(ros, node, Transcript, "translation")
        say = ros.peer().publisher(Transcript, "transcript")
        if voice:
            ros.wait(lambda: node._speech.ready)
        return node, mouth, written, say

    return make


def test_what_is_heard_is_spoken_clause_by_clause_while_the_model_still_writes(ros, model, stage):
    node, voice, written, say = stage()
    replies = listen(ros, node, Reply, "reply")
    say.publish(heard("Good morning, everybody here.", language="en"))
    ros.wait(lambda: voice.spoken == ["Guten Morgen,"])
    assert written == []
    model.go.set()
    ros.wait(lambda: written and len(replies) == 3)
    ros.wait(lambda: len(voice.spoken) == 2)
    assert voice.spoken[1] == "ihr alle hier."
    assert voice.voices == ["anna", "anna"]
    assert (written[0].text, written[0].language) == ("Guten Morgen, ihr alle hier.", "de")
    assert (written[0].utterance_id, written[0].is_final, written[0].rejected_reason) == ("u1", True, "")
    assert names(replies, "is_final") == [False, False, True]


def test_the_person_may_go_on_talking_and_nothing_is_given_up_or_lost(ros, model, stage):
    _, voice, written, say = stage()
    voices = ros.peer().node.create_publisher(VoiceActivity, "voice_activity", 10)
    say.publish(heard("Good morning, everybody here.", "u0", language="en"))
    ros.wait(lambda: len(voice.spoken) == 1)
    for i in range(1, 8):
        voices.publish(VoiceActivity(event=VoiceActivity.START, utterance_id=f"u{i}"))
        say.publish(heard(f"Sentence {i}", f"u{i}", language="en"))
    model.go.set()
    ros.wait(lambda: len(written) == 8 and len(voice.spoken) == 9)
    assert names(written, "utterance_id") == [f"u{i}" for i in range(8)]
    assert voice.spoken == ["Guten Morgen,", "ihr alle hier.", *(f"Satz {i}" for i in range(1, 8))]


def test_a_failed_model_is_said_once_and_every_utterance_is_published_with_the_reason(ros, model, stage):
    node, voice, written, say = stage()
    for i in range(3):
        say.publish(heard("It is broken and cold.", f"u{i}", language="en"))
    ros.wait(lambda: len(written) == 3 and voice.spoken)
    assert names(written, "text") == ["It is broken and cold."] * 3
    assert names(written, "language") == ["en"] * 3
    assert all(m.rejected_reason == "untranslated: the server is gone. Start it." for m in written)
    assert node.health().level == ERROR
    assert "the server is gone" in node.health().message
    say.publish(heard("How are you?", "u4", language="en"))
    ros.wait(lambda: len(written) == 4 and len(voice.spoken) == 2)
    assert voice.spoken == ["Geht nicht.", "Wie geht es dir?"]
    assert written[3].rejected_reason == ""
    assert node.health().level != ERROR


def test_a_model_that_breaks_off_leaves_what_it_wrote_with_the_reason(ros, model, stage):
    _, voice, written, say = stage()
    say.publish(heard("Half of it comes, then nothing.", language="en"))
    ros.wait(lambda: written and len(voice.spoken) == 2)
    assert voice.spoken == ["Die Hälfte kommt,", "Geht nicht."]
    assert (written[0].text, written[0].language) == ("Die Hälfte kommt,", "de")
    assert "it broke off" in written[0].rejected_reason


def test_repeated_words_are_not_taken_for_a_translation(ros, model, stage):
    _, voice, written, say = stage(cannot="")
    say.publish(heard("Please give me that one back.", language="en"))
    ros.wait(lambda: written)
    assert "repeated" in written[0].rejected_reason
    assert voice.spoken == []


@pytest.mark.parametrize(("same_language", "spoken"), [("speak", ["Guten Tag, Welt."]), ("publish", [])])
def test_the_target_language_itself_passes_unchanged_without_the_model(ros, model, stage, same_language, spoken):
    _, voice, written, say = stage(same_language=same_language)
    say.publish(heard("Guten Tag, Welt.", language="de"))
    ros.wait(lambda: written and len(voice.spoken) == len(spoken))
    assert (written[0].text, written[0].language, written[0].rejected_reason) == ("Guten Tag, Welt.", "de", "")
    assert voice.spoken == spoken
    assert model.prompts == []


def test_a_given_source_counts_more_than_what_asr_says(ros, model, stage):
    _, _, written, say = stage(source="fr")
    say.publish(heard("How are you?", language="en"))
    ros.wait(lambda: written)
    assert model.prompts[0][-1].content == "Translate from French into German: How are you?"


def test_provisional_and_rejected_words_are_not_translated(ros, model, stage):
    _, _, written, say = stage()
    say.publish(Transcript(text="How are", is_final=False))
    say.publish(heard("Thank you.", rejected_reason="silence"))
    say.publish(heard("How are you?", language="en"))
    ros.wait(lambda: written)
    assert len(model.prompts) == 1


def test_without_a_voice_clauses_wait_for_one(ros, model, stage, neighbours):
    node, _, written, say = stage(voice=False)
    say.publish(heard("How are you?", language="en"))
    ros.wait(lambda: written)
    assert node.health().level == WARN
    assert node.health().values["clauses_waiting"] == 1
    voice = neighbours("say")
    ros.wait(lambda: voice.spoken == ["Wie geht es dir?"])


def test_a_clause_is_spoken_again_when_the_voice_vanished_before_it_was_heard(ros, model, stage, neighbours):
    *_, say = stage(voice=False)
    held = neighbours("say", hold=True)
    say.publish(heard("How are you?", language="en"))
    ros.wait(lambda: held.spoken)
    held.end(abruptly=True)
    again = neighbours("say")
    ros.wait(lambda: again.spoken == ["Wie geht es dir?"])


def test_what_waits_at_deactivation_is_published_untranslated(ros, model, stage):
    node, _, written, say = stage()
    say.publish(heard("Good morning, everybody here.", "u1", language="en"))
    say.publish(heard("How are you?", "u2", language="en"))
    ros.wait(lambda: len(node._open) == 2 and model.prompts)
    node.executor.create_task(node.trigger_deactivate)
    ros.wait(lambda: len(written) == 2)
    assert written[1].text == "How are you?"
    assert "stopped" in written[1].rejected_reason


def test_a_full_queue_is_told_of(ros, model, stage):
    _, _, written, say = stage(queue_size=1)
    for i in range(4):
        say.publish(heard("Good morning, everybody here.", f"u{i}", language="en"))
    ros.wait(lambda: written)
    assert "wait already" in written[0].rejected_reason
    model.go.set()
    ros.wait(lambda: len(written) == 4)


def test_a_server_that_comes_later_is_found(ros, model, stage, monkeypatch):
    monkeypatch.setattr(translator, "_TRY_AGAIN_S", 0.05)
    model.fault = ModelUnavailable("no server.", "Start it.")
    node, *_ = stage(engine="ollama", model="x")
    assert node.health().level == ERROR
    model.fault = None
    ros.wait(lambda: node.health().level != ERROR)


def test_an_unknown_target_is_an_error_at_configure(ros, model):
    node = ros.start(translator.TranslatorNode, {"target": "xx"}, wait=False)
    ros.wait(lambda: "no language 'xx'" in node._fault)
    with pytest.raises(VoiceError):
        translator.language_name("xx")
