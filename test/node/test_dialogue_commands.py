"""The commands chat and say as a person runs them: own processes, exit codes, Ctrl-C."""

import os
import signal
import subprocess
import sys
import time

import pytest
from dialogue_bench import Neighbours

from scripted_model import WAIT, ScriptedModel
from voice_pipeline.nodes import dialogue


def start(ros, command, *args, stdin=subprocess.DEVNULL):
    env = {**os.environ, "ROS_DOMAIN_ID": str(ros.domain)}
    return subprocess.Popen(
        [sys.executable, "-m", f"voice_pipeline.commands.{command}", *args],
        env=env,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def model(ros, monkeypatch):
    scripted = ScriptedModel({"Hello": ["Hi there, my friend!"], "Story": ["Once upon a time, ", WAIT]})
    monkeypatch.setattr(dialogue, "create", lambda *_: scripted)
    ros.start(dialogue.DialogueNode)
    return scripted


def test_chat_prints_the_answer_and_ends(ros, model):
    out, err = (process := start(ros, "chat", "Hello")).communicate(timeout=20)
    assert "Hi there, my friend!" in out, err
    assert process.returncode == 0


def test_chat_reads_lines_until_the_end(ros, model):
    process = start(ros, "chat", stdin=subprocess.PIPE)
    out, err = process.communicate("Hello\n\nHow are you?\n", timeout=20)
    assert "Hi there" in out, err
    assert "You said How are you?" in out
    assert process.returncode == 0


def test_ctrl_c_stops_the_answer_and_the_robot_listens_again(ros, model):
    process = start(ros, "chat", "Story")
    ros.wait(lambda: model.prompts, 10.0)
    start_time = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    assert time.monotonic() - start_time < 3.0
    out, _ = start(ros, "chat", "Hello").communicate(timeout=20)
    assert "Hi there" in out


@pytest.mark.parametrize("command", ["chat", "say"])
def test_nobody_there_is_said_with_what_to_do(ros, command):
    process = start(ros, command, "Hello", "--wait", "0.3")
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "Start the robot" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["chat", "say", "eval_tools"])
def test_help_needs_no_robot(ros, command):
    process = start(ros, command, "--help")
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "usage" in out


def test_say_speaks_and_tells_what_was_heard(ros):
    voice = Neighbours(ros, "say")
    process = start(ros, "say", "Good", "morning.")
    out, err = process.communicate(timeout=20)
    voice.end()
    assert "Good morning." in out, err
    assert process.returncode == 0
