"""The command latency as a person runs it: its own process, traces over DDS, Ctrl-C, --turns, a namespace."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading

import pytest
from voice_pipeline.msg import TurnLatency

from ros_bench import PATIENCE_S
from turn_stamps import PLAIN, SPECULATIVE, at
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.stamps import to_msg


class Command:
    """The running command and the lines it prints."""

    def __init__(self, ros, *args):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "voice_pipeline.commands.latency", *args],
            env={**os.environ, "ROS_DOMAIN_ID": str(ros.domain)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def line(self):
        """The next one."""
        return self._lines.get(timeout=PATIENCE_S)

    def end(self, by=None):
        """Its exit code and standard error, after a signal or by itself."""
        if by is not None:
            self.process.send_signal(by)
        code = self.process.wait(PATIENCE_S)
        return code, self.process.stderr.read()


@pytest.fixture
def command(ros):
    started = []

    def start(*args):
        started.append(Command(ros, *args))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def message(turn_id, stamps, **fields):
    return TurnLatency(turn_id=turn_id, **{name: to_msg(ns) for name, ns in at(**stamps).items()}, **fields)


def test_each_turn_is_a_line_and_ctrl_c_writes_the_report(ros, command, tmp_path):
    latency = command("--report", str(tmp_path))
    assert latency.line() == "listening on /latency; Ctrl-C ends"
    publisher = ros.peer().publisher(TurnLatency, "latency", EVENTS)
    publisher.publish(message("a", SPECULATIVE, speculative=True, guesses=2, wasted_ms=120.0, tools=["look_at"]))
    assert latency.line() == (
        "a: gap 440 ms = wait for a pause 96 + wait for the end 324 + hand-over 5 + playback 15"
        " (the guess was kept; 2 guesses, 120 ms wasted; look_at)"
    )
    publisher.publish(message("b", PLAIN, interrupted=True))
    assert latency.line().startswith("b: gap 1130 ms")
    latency.process.send_signal(signal.SIGINT)
    latency.process.send_signal(signal.SIGINT)  # `ros2 run` sends a second one
    assert latency.line().startswith("2 turns · gap p50 785 ms")
    assert latency.line() == f"report of 2 turns: {tmp_path / 'report.html'}"
    code, error = latency.end()
    assert code == 0
    assert "Traceback" not in error
    assert "</html>" in (tmp_path / "report.html").read_text()
    turns = json.loads((tmp_path / "turns.json").read_text())
    assert turns[0]["stamps"] == at(**SPECULATIVE)
    assert [t["gap_ms"] for t in turns] == [440.0, 1130.0]


def test_it_ends_by_itself_after_the_turns_asked_for(ros, command, tmp_path):
    latency = command("--turns", "2", "--report", str(tmp_path))
    latency.line()
    publisher = ros.peer().publisher(TurnLatency, "latency", EVENTS)
    for name in ("a", "b", "c"):
        publisher.publish(message(name, PLAIN))
    code, error = latency.end()
    assert code == 0, error
    assert [t["turn_id"] for t in json.loads((tmp_path / "turns.json").read_text())] == ["a", "b"]


@pytest.mark.parametrize("where", [["--namespace", "/left"], ["--ros-args", "-r", "__ns:=/left"]])
def test_it_hears_the_robot_of_its_namespace_only(ros, command, where):
    latency = command("--turns", "1", "--no-report", *where)
    assert latency.line() == "listening on /left/latency; Ctrl-C ends"
    other = ros.peer().node.create_publisher(TurnLatency, "/latency", EVENTS)
    publisher = ros.peer().publisher(TurnLatency, "/left/latency", EVENTS)
    other.publish(message("right", PLAIN))
    publisher.publish(message("left", PLAIN))
    assert latency.line().startswith("left: gap 1130 ms")
    assert latency.end()[0] == 0


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_ended_before_the_first_turn_it_says_so(ros, command, by, tmp_path):
    latency = command("--report", str(tmp_path / "none"))
    latency.line()
    code, error = latency.end(by)
    assert code == 1
    assert "no turn came" in error
    assert "Traceback" not in error
    assert not (tmp_path / "none").exists()


def test_a_wrong_number_of_turns_is_wrong_usage(ros, command):
    code, error = command("--turns", "0").end()
    assert code == 2
    assert "1 or more" in error


def test_help_needs_no_robot(ros, command):
    latency = command("--help")
    assert latency.line().startswith("usage: latency")
    assert latency.end()[0] == 0
