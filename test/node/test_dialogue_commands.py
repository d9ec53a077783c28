"""The commands chat and say as a person runs them: own processes, exit codes, Ctrl-C."""

import os
import pty
import signal
import subprocess
import sys

import pytest
from dialogue_bench import Neighbours

from ros_bench import PATIENCE_S
from scripted_model import WAIT, ScriptedModel
from voice_fakes import FakeSynthesizer
from voice_pipeline.dialogue.protocol import ModelUnavailable
from voice_pipeline.nodes import dialogue, tts
from voice_pipeline.nodes.audio_player import AudioPlayerNode


def start(ros, command, *args, stdin=subprocess.DEVNULL):
    env = {**os.environ, "ROS_DOMAIN_ID": str(ros.domain)}
    if command in ("chat", "say") and "--wait" not in args:
        args = ("--wait", "60", *args)  # the robot is there; a busy machine takes its time to find it
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
    out, err = (process := start(ros, "chat", "Hello")).communicate(timeout=PATIENCE_S)
    assert "Hi there, my friend!" in out, err
    assert process.returncode == 0


def test_chat_reads_lines_until_the_end(ros, model):
    process = start(ros, "chat", stdin=subprocess.PIPE)
    out, err = process.communicate("Hello\n\nHow are you?\n", timeout=PATIENCE_S)
    assert "Hi there" in out, err
    assert "You said How are you?" in out
    assert process.returncode == 0


def test_ctrl_c_stops_the_answer_and_the_robot_listens_again(ros, model):
    process = start(ros, "chat", "Story")
    ros.wait(lambda: model.prompts)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)  # the model holds the answer for ever
    assert process.returncode == 130
    out, _ = start(ros, "chat", "Hello").communicate(timeout=PATIENCE_S)
    assert "Hi there" in out


@pytest.mark.parametrize("command", ["chat", "say"])
def test_nobody_there_is_said_with_what_to_do(ros, command):
    process = start(ros, command, "Hello", "--wait", "0.3")
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "Start the robot" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["chat", "say", "eval_tools"])
def test_help_needs_no_robot(ros, command):
    process = start(ros, command, "--help")
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "usage" in out


def test_say_speaks_and_tells_what_was_heard(ros):
    voice = Neighbours(ros, "say")
    process = start(ros, "say", "Good", "morning.")
    out, err = process.communicate(timeout=PATIENCE_S)
    voice.end()
    assert "Good morning." in out, err
    assert process.returncode == 0


def voices(ros, monkeypatch):
    monkeypatch.setattr(tts, "make_synthesizer", lambda *_: FakeSynthesizer())
    ros.start(AudioPlayerNode, {"sink": "null"})
    node = ros.start(tts.TtsNode)
    return node._synthesizer.voices()


def test_say_lists_the_voices_of_the_node(ros, monkeypatch):
    known = voices(ros, monkeypatch)
    out, err = (process := start(ros, "say", "--voices")).communicate(timeout=PATIENCE_S)
    assert out.split() == known, err
    assert process.returncode == 0


def test_say_speaks_line_by_line_with_another_voice_and_speed(ros):
    voice = Neighbours(ros, "say")
    process = start(ros, "say", "--wait", "15", stdin=subprocess.PIPE)  # as long for a node that tells its voices: none
    lines = "/help\n/voice anna\nGood morning.\n/speed fast\n/nonsense\n\nHow are you?\n/quit\nnever said\n"
    out, err = process.communicate(lines, timeout=PATIENCE_S)
    voice.end()
    assert voice.spoken == ["Good morning.", "How are you?"]
    assert voice.voices == ["anna", "anna"]
    assert process.returncode == 1
    assert "'fast' is no speed" in err
    assert "there is no command /nonsense" in out
    assert "/voice" in out


def test_tab_completes_the_names_of_voices(ros, monkeypatch, tmp_path):
    known = voices(ros, monkeypatch)
    person = Typist(ros, tmp_path, command="say")
    person.sees("say ")
    person.types(f"/voi\t {known[-1][:-1]}\t\n")
    person.sees(f"{known[-1]} (there are: ")
    person.sees("say ")
    person.types("Good morning.\n")
    person.sees("said in ")
    person.sees("say ")
    person.types("\x04")
    assert person.ended() == 0


# -- chat: commands, tools, lines that a person types


def test_what_the_tools_did_and_how_long_it_took_is_shown(ros, model):
    robot = Neighbours(ros, "play_move")
    out, err = start(ros, "chat", "Nod twice").communicate(timeout=PATIENCE_S)
    robot.end()
    assert "Okay, nodding." in out, err
    assert "play_move(times=2, name=nod) done" in out
    assert "s to the first word" in out


def test_a_refused_and_a_failed_call_are_shown_with_the_reason(ros, model):
    model.script = lambda q: ['{"tool": "set_motor", "arguments": {"torque": 9}}']
    out, _ = start(ros, "chat", "Nod").communicate(timeout=PATIENCE_S)
    assert "play_move(times=1, name=nod) failed: there is no action server" in out
    out, _ = start(ros, "chat", "Would you nod or stop or look").communicate(timeout=PATIENCE_S)
    assert "set_motor" in out
    assert "refused: there is no tool 'set_motor'" in out


def test_commands_work_from_a_pipe_too(ros, model):
    lines = "/help\n/tools\nHello\n/history\n/persona\n/persona plain\n/persona nobody\n/nonsense\n/quit\nnever asked\n"
    process = start(ros, "chat", stdin=subprocess.PIPE)
    out, err = process.communicate(lines, timeout=PATIENCE_S)
    assert process.returncode == 1, err  # there is no persona "nobody"
    assert "/history" in out
    assert "play_move(name: nod|" in out
    assert "resume() " in out or "resume(): " in out
    assert out.count("Hi there, my friend!") == 2  # answered, and in the history
    assert "reachy (there are: " in out
    assert "plain (there are: " in out
    assert "persona stays as it is: " in out
    assert "there is no command /nonsense" in out
    assert "never asked" not in str(model.prompts)


def test_a_reply_that_looks_like_markup_is_shown_as_it_is(ros, model):
    model.script = lambda q: ["[bold]Not markup[/bold] at all."]
    out, _ = start(ros, "chat", "Hello").communicate(timeout=PATIENCE_S)
    assert "[bold]Not markup[/bold] at all." in out


def test_a_question_of_a_pipe_that_is_not_answered_ends_with_an_error_code(ros, monkeypatch):
    scripted = ScriptedModel()
    scripted.script = lambda q: [ModelUnavailable("the server is gone.", "Start it.")]
    monkeypatch.setattr(dialogue, "create", lambda *_: scripted)
    ros.start(dialogue.DialogueNode, {"retry_window_s": 0.0})
    process = start(ros, "chat", stdin=subprocess.PIPE)
    out, _ = process.communicate("What is this?\nWhat time is it?\n", timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "the server is gone" in out
    assert "It is " in out  # the next line is asked all the same


class Typist:
    """A person at a terminal of a command."""

    def __init__(self, ros, state, *args, command="chat"):
        self.screen = ""
        self._ros = ros
        self._master, slave = pty.openpty()
        env = {**os.environ, "ROS_DOMAIN_ID": str(ros.domain), "XDG_STATE_HOME": str(state), "TERM": "xterm"}
        command = [sys.executable, "-m", f"voice_pipeline.commands.{command}", "--wait", "60", *args]
        # Who leads a session and opens a terminal owns it: its Ctrl-C goes there. No preexec_fn: this process has threads.
        name = os.ttyname(slave)
        shell = ["/bin/sh", "-c", f'exec "$0" "$@" <{name} >{name} 2>{name}', *command]
        self.process = subprocess.Popen(shell, env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        os.set_blocking(self._master, False)

    def sees(self, text):
        self._ros.wait(lambda: text in self._read(), what=f"{text!r} on the screen, which shows {self.screen!r}")

    def types(self, text):
        self._read()
        self.screen = ""
        os.write(self._master, text.encode())

    def ended(self):
        self._ros.wait(lambda: (self._read(), self.process.poll() is not None)[1], what="the end")
        os.close(self._master)
        return self.process.returncode

    def _read(self):
        try:
            self.screen += os.read(self._master, 65536).decode(errors="replace")
        except (BlockingIOError, OSError):
            pass
        return self.screen


def test_tab_completes_commands_and_lines_of_before(ros, model, tmp_path):
    person = Typist(ros, tmp_path)
    person.sees("you ")
    person.types("/hel\t\n")
    person.sees("/persona")
    person.sees("you ")
    person.types("Hello\n")
    person.sees("Hi there, my friend!")
    person.sees("you ")
    person.types("/quit\n")
    assert person.ended() == 0
    history = tmp_path / "voice_pipeline" / "chat_history"
    assert "Hello" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0

    again = Typist(ros, tmp_path)
    again.sees("you ")
    again.types("Hel\t\n")  # the line of the last time
    again.sees("Hi there, my friend!")
    again.sees("you ")
    again.types("\x04")
    assert again.ended() == 0


def test_ctrl_c_stops_the_answer_then_drops_the_line_then_leaves(ros, model, tmp_path):
    person = Typist(ros, tmp_path)
    person.sees("you ")
    person.types("Story\n")
    ros.wait(lambda: model.prompts)
    person.types("\x03")
    person.sees("(stopped)")
    person.sees("you ")
    person.types("half a line")
    person.sees("half a line")
    person.types("\x03")
    person.sees("you ")
    person.types("Hello\n")
    person.sees("Hi there, my friend!")
    person.sees("you ")
    person.types("\x03")
    assert person.ended() == 0
    assert "half a line" not in str(model.prompts)
    assert "Traceback" not in person.screen
