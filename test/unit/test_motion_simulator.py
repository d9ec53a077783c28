"""The simulated robot: clear errors, several side by side, and nothing left behind."""

import os
import signal
import subprocess
import sys

import pytest

from patience import gone, until
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.simulator import SimulatedRobot, find_robot_environment


def test_a_missing_environment_names_the_cure(monkeypatch, tmp_path):
    monkeypatch.setenv("VOICE_PIPELINE_ROBOT_ENV", str(tmp_path))
    with pytest.raises(VoiceError, match="make robot"):
        find_robot_environment()


def test_a_taken_port_is_told():
    with SimulatedRobot() as first, pytest.raises(VoiceError, match=f"Port {first.port}"):
        SimulatedRobot(first.port).start()


def test_it_ends_with_its_parent_even_when_that_is_killed():
    code = (
        "import sys, time; from voice_pipeline.motion.simulator import SimulatedRobot;"
        "print(SimulatedRobot().start().pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert not gone(pid)
    parent.kill()
    parent.wait()
    until(lambda: gone(pid), "the end of the daemon")


def test_the_command_ends_cleanly_on_a_signal_and_a_hung_daemon_is_killed():
    robot = SimulatedRobot().start()
    pid = robot.pid
    os.kill(pid, signal.SIGSTOP)
    robot.stop(timeout=0.3)
    until(lambda: gone(pid), "the end of the daemon")
    command = [sys.executable, "-m", "voice_pipeline.commands.robot_sim", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert "http://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60.0) == 0
