"""The summary node over real DDS, with a scripted model: what was said becomes minutes, and a crash loses nothing."""

import json
import os
import subprocess
import sys
import time

import pytest
from action_msgs.msg import GoalStatus
from dialogue_bench import heard
from voice_pipeline.action import Summarize
from voice_pipeline.msg import PlaybackState, Reply, Transcript, TurnState

from ros_bench import PATIENCE_S
from scripted_model import WAIT, ScriptedModel
from voice_pipeline.dialogue.protocol import ModelUnavailable
from voice_pipeline.nodes import summary
from voice_pipeline.ros.diagnostics import OK, WARN
from voice_pipeline.ros.stamps import to_msg

R = Summarize.Result


@pytest.fixture
def model(monkeypatch):
    scripted = ScriptedModel(lambda q: ["About Thursday."])
    monkeypatch.setattr(summary, "create", lambda *_: scripted)
    return scripted


class Session:
    """A node, and what the others would publish."""

    def __init__(self, ros, **params):
        self.ros = ros
        self.node = ros.start(summary.SummaryNode, params)
        peer = ros.peer()
        self.transcript = peer.publisher(Transcript, "transcript")
        self.reply = peer.publisher(Reply, "reply")
        self.playback = peer.publisher(PlaybackState, "playback")
        self.turn = peer.publisher(TurnState, "turn", summary.LATCHED)

    def hear(self, text, **fields):
        known = len(self.node._record)
        self.transcript.publish(heard(text, **fields))
        self.ros.wait(lambda: len(self.node._record) > known)

    def ask(self, **goal):
        return self.ros.peer().send_goal(Summarize, "summarize", Summarize.Goal(**goal))

    def minutes(self, **goal):
        return self.ros.peer().result(self.ask(**goal))


def test_what_was_heard_and_said_goes_into_minutes_from_the_template(ros, model):
    s = Session(ros)
    s.hear("Move the meeting to Thursday.", language="en")
    s.reply.publish(Reply(turn_id="t1", text="I will"))
    s.reply.publish(Reply(turn_id="t1", text="tell Anna.", index=1))
    ros.wait(lambda: [line.text for line in s.node._record.lines()][-1:] == ["I will tell Anna."])
    # By its topic: a client of rclpy forgets its feedback callback once the result is there, and the last may come later.
    feedback = ros.peer().record(Summarize.Impl.FeedbackMessage, "summarize/_action/feedback")
    response = s.minutes()
    assert response.status == GoalStatus.STATUS_SUCCEEDED
    assert response.result.minutes.startswith("# Minutes\n")
    assert "## Decisions\n\nAbout Thursday." in response.result.minutes
    assert response.result.utterances == 2
    assert "Person: Move the meeting to Thursday.\nRobot: I will tell Anna." in model.prompts[0][-1].content
    ros.wait(lambda: len(feedback) > 0 and feedback[-1].feedback.progress == 1.0)
    progress = [f.feedback.progress for f in feedback]
    assert progress == sorted(progress)
    assert not model.closed


def test_the_memory_may_be_freed_between_minutes(ros, model):
    s = Session(ros, keep_loaded=False)
    s.hear("Hello.")
    assert s.minutes().result.error_code == R.NONE
    ros.wait(lambda: model.closed)


def test_a_server_that_is_down_at_the_start_is_tried_again_when_minutes_are_asked_for(ros, model):
    model.fault = ModelUnavailable("no server.", "Start it.")
    s = Session(ros, engine="ollama", model="x")
    model.fault = None
    s.hear("Hello.")
    assert s.minutes().result.error_code == R.NONE


def test_json_and_another_language_and_template(ros, model, tmp_path):
    (tmp_path / "mine.md").write_text("# Protokoll\n## Kern\nIn one line.\n")
    s = Session(ros)
    s.hear("Move the meeting.", language="en")
    result = s.minutes(format="json", language="de", template_path=str(tmp_path / "mine.md")).result
    document = json.loads(result.minutes)
    assert document["sections"] == {"Kern": "About Thursday."}
    assert document["title"] == "Protokoll"
    assert "in German" in model.prompts[0][-1].content


def test_only_what_was_really_heard_of_a_broken_answer_counts(ros, model):
    s = Session(ros)
    for i, text in enumerate(("One.", "Two.", "Three.")):
        s.reply.publish(Reply(turn_id="t1", text=text, index=i))
    ros.settle(s.node)
    s.playback.publish(PlaybackState(turn_id="t1", say_id="s1", state=PlaybackState.FINISHED))
    ros.settle(s.node)
    s.turn.publish(TurnState(turn_id="t1", state=TurnState.INTERRUPTED))
    ros.wait(lambda: [x.text for x in s.node._record.lines()] == ["One. (interrupted)"])


def test_rejected_and_provisional_words_are_not_kept(ros, model):
    s = Session(ros)
    s.transcript.publish(Transcript(text="Hel", is_final=False))
    s.transcript.publish(heard("Thank you.", rejected_reason="silence"))
    s.hear("Hello.")
    assert [x.text for x in s.node._record.lines()] == ["Hello."]


@pytest.mark.parametrize(
    ("goal", "code", "message"),
    [
        ({"format": "pdf"}, R.BAD_REQUEST, "markdown, json"),
        ({"language": "xx"}, R.BAD_REQUEST, "no language 'xx'"),
        ({"template_path": "/etc/passwd"}, R.BAD_REQUEST, "not a .md file"),
        ({"template_path": "/nowhere.md"}, R.BAD_REQUEST, "does not exist"),
        ({"last_s": float("nan")}, R.BAD_REQUEST, "last_s"),
        ({"last_s": -1.0}, R.BAD_REQUEST, "last_s"),
        ({"last_s": 5.0}, R.NOTHING_SAID, "in the last 5 s"),
    ],
)
def test_a_wrong_request_is_refused_with_a_reason(ros, model, goal, code, message):
    s = Session(ros)
    old = to_msg(time.time_ns() - 60_000_000_000)
    message_heard = heard("Long ago.")
    message_heard.header.stamp = old
    s.transcript.publish(message_heard)
    ros.wait(lambda: len(s.node._record) == 1)
    response = s.minutes(**goal)
    assert response.status == GoalStatus.STATUS_ABORTED
    assert response.result.error_code == code
    assert message in response.result.error_msg
    assert model.prompts == []


def test_nothing_said_is_told(ros, model):
    assert Session(ros).minutes().result.error_code == R.NOTHING_SAID


def test_one_at_a_time_and_a_cancelled_one_ends_at_once(ros, model):
    model.script = lambda q: [WAIT, "late"]
    s = Session(ros)
    s.hear("Hello.")
    first = s.ask()
    ros.wait(lambda: model.prompts)
    assert s.minutes().result.error_code == R.BUSY
    ros.peer().cancel(first)
    response = ros.peer().result(first)
    assert response.status == GoalStatus.STATUS_CANCELED
    assert response.result.error_code == R.CANCELLED
    model.script = lambda q: ["Now."]
    assert "Now." in s.minutes().result.minutes


def test_a_dead_engine_is_told_with_its_cure_and_the_next_goal_tries_again(ros, model):
    s = Session(ros)
    s.hear("Hello.")
    model.fault = ModelUnavailable("no server at 127.0.0.1.", "Start it.")
    response = s.minutes()
    assert response.status == GoalStatus.STATUS_ABORTED
    assert response.result.error_code == R.ENGINE_FAILED
    assert response.result.error_msg == "no server at 127.0.0.1. Start it."
    assert s.node.health().level == WARN
    model.fault = None
    assert s.minutes().result.error_code == R.NONE
    assert s.node.health().level == OK


def test_a_goal_that_is_open_at_deactivation_gets_its_result(ros, model):
    model.script = lambda q: [WAIT]
    s = Session(ros)
    s.hear("Hello.")
    handle = s.ask()
    ros.wait(lambda: model.prompts)
    s.node.executor.create_task(s.node.trigger_deactivate)
    assert "deactivated" in ros.peer().result(handle).result.error_msg


def test_nothing_is_written_to_disk_unless_asked(ros, model, tmp_path):
    s = Session(ros, folder=str(tmp_path))
    s.hear("Hello.")
    ros.stop(s.node)
    assert list(tmp_path.iterdir()) == []


def test_a_crash_loses_nothing_that_was_said(ros, model, tmp_path):
    s = Session(ros, keep_file=True, folder=str(tmp_path))
    s.hear("Before the crash.", language="en")
    s.reply.publish(Reply(turn_id="t1", text="Yes."))
    file = tmp_path / "current.jsonl"
    ros.wait(lambda: file.exists() and file.read_text().count("\n") == 2)
    left = file.read_text()
    ros.stop(s.node)
    assert not file.exists()  # ended in order
    file.write_text(left)  # as a killed process leaves it
    again = Session(ros, keep_file=True, folder=str(tmp_path))
    again.reply.publish(Reply(turn_id="t1", text="Another run, the same name."))
    again.hear("After it.", language="en")
    ros.wait(lambda: len(again.node._record) == 4)
    texts = [x.text for x in again.node._record.lines()]
    assert texts[:2] == ["Before the crash.", "Yes."]
    assert set(texts[2:]) == {"Another run, the same name.", "After it."}


def test_a_folder_that_cannot_be_written_is_told_and_the_session_goes_on_in_memory(ros, model, tmp_path):
    (tmp_path / "file").write_text("")
    s = Session(ros, keep_file=True, folder=str(tmp_path / "file" / "x"))
    s.hear("Hello.")
    ros.wait(lambda: s.node.health().level == WARN)
    assert "only in memory" in s.node.health().message
    assert s.minutes().result.error_code == R.NONE


def test_a_broken_template_is_an_error_at_configure(ros, model, tmp_path):
    (tmp_path / "t.md").write_text("no heading")
    node = ros.start(summary.SummaryNode, {"template": str(tmp_path / "t.md")}, wait=False)
    ros.wait(lambda: "has no heading" in node._fault)


@pytest.mark.timeout(600)
def test_the_minutes_of_a_real_small_model_have_every_heading(ros, tmp_path):
    """Loosely: a document of the right form with words in it. How good they are is in docs/other_work.md."""
    (tmp_path / "t.md").write_text("# Minutes\n## Summary\nWhat it was about, in one sentence.\n## To do\nTasks.\n")
    s = Session(ros, threads=1, max_tokens=60, context_length=1024, template=str(tmp_path / "t.md"))
    s.hear("Please move the project meeting to Thursday at ten.", language="en")
    s.hear("And remind Anna to bring the report.", language="en")
    result = ros.peer().result(s.ask(), 500.0).result
    print(result.minutes)
    assert result.error_code == R.NONE, result.error_msg
    assert [x for x in result.minutes.splitlines() if x.startswith("#")] == ["# Minutes", "## Summary", "## To do"]
    assert {"thursday", "meeting", "anna", "report"} & set(result.minutes.lower().replace(".", " ").split())


def test_the_command_prints_the_minutes_or_says_why_there_are_none(ros, model):
    s = Session(ros)
    command = [sys.executable, "-m", "voice_pipeline.commands.summarize", "--format", "json", "--wait", "60"]
    env = {**os.environ, "ROS_DOMAIN_ID": str(ros.domain)}
    none = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert none.returncode == 1
    assert "nothing was said yet" in none.stderr
    s.hear("Hello.")
    some = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert some.returncode == 0, some.stderr
    assert json.loads(some.stdout)["sections"]["Summary"] == "About Thursday."
