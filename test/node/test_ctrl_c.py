"""Ctrl-C while the embedded model reads or decodes: the process ends in time, cleanly, and says nothing alarming.

In time is by the processor's clock: a stalled machine takes longer, but a process that lets the model go on computes.
"""

import os
import resource
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from dialogue_bench import heard
from voice_pipeline.msg import Reply, Transcript

THREADS = max(1, (os.cpu_count() or 2) - 1)  # as the embedded model takes
LONG = "Tell me about " + " and ".join(["ships", "hills", "rain", "dogs"] * 60)
LEAVE = """
import atexit, sys, threading
from voice_pipeline.ros.main import StopSignal, leave
StopSignal()
if {busy}:
    threading.Thread(target=threading.Event().wait, daemon=True).start()
atexit.register(print, "interpreter ended")
sys.exit(leave(3))
"""


class Process:
    """The dialogue node with a small model, as `ros2 run` starts it."""

    def __init__(self, ros):
        params = ["model:=smollm2-135m-instruct", "persona:=plain", "facts_file:=''", "first_token_timeout_s:=120.0"]
        words = [word for p in params for word in ("-p", p)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "voice_pipeline.nodes.dialogue", "--ros-args", *words],
            env={**os.environ, "ROS_DOMAIN_ID": str(ros.domain)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []
        self._reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout))
        self._reader.start()

    def told(self, text):
        return any(text in line for line in list(self.lines))

    def interrupt(self):
        """Ctrl-C; seconds of computing until the end."""
        ended = cpu_s(resource.getrusage(resource.RUSAGE_CHILDREN))
        begin = psutil.Process(self.process.pid).cpu_times()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60.0)
        finally:
            self.process.kill()
            self._reader.join(60.0)
        used = cpu_s(resource.getrusage(resource.RUSAGE_CHILDREN)) - ended  # of its whole life
        return used - begin.user - begin.system


def cpu_s(usage):
    return usage.ru_utime + usage.ru_stime


@pytest.fixture
def node(ros, model):
    model("smollm2-135m-instruct")
    process = Process(ros)
    yield process
    process.process.kill()


@pytest.mark.models
@pytest.mark.timeout(400)
@pytest.mark.parametrize("moment", ["reading", "decoding"])
def test_ctrl_c_while_the_model_is_at_work(ros, node, moment):
    replies = ros.peer().record(Reply, "reply")
    ros.wait(lambda: node.told("warm in") or node.process.poll() is not None, 120.0, "the model to be warm")
    assert node.told("warm in"), node.lines
    question = ros.peer().publisher(Transcript, "transcript")
    question.publish(heard(LONG if moment == "reading" else "Tell me a long story."))
    ros.wait(lambda: ros.peer().node.count_publishers("turn"))
    if moment == "decoding":
        ros.wait(lambda: replies, 120.0, "the first words")
    else:
        time.sleep(0.3)  # nothing tells that a prompt is being read; it takes seconds
    seconds = node.interrupt()
    assert node.process.returncode == 0, node.lines
    assert not any(word in line for line in node.lines for word in ("FATAL", "Traceback", "terminate")), node.lines
    assert seconds < 3.0 * THREADS


@pytest.mark.parametrize("busy", [True, False])
def test_nobody_waits_for_a_thread_that_is_still_at_work(busy):
    ended = subprocess.run(
        [sys.executable, "-c", LEAVE.format(busy=busy)], capture_output=True, text=True, timeout=60.0, check=False
    )
    assert ended.returncode == 3, ended.stderr
    assert ("interpreter ended" in ended.stdout) == (not busy)
