"""Not collected by itself: `make bench-own-voice` runs it, because what it counts depends on how busy the machine is."""

import signal
import time

from diagnostic_msgs.msg import DiagnosticArray
from test_own_voice import PATIENCE_S, check_removed, listen, room, scene_in, tell

__all__ = ["room"]


def test_a_player_that_stalls(ros, monkeypatch, model, room):
    """Each stall runs the loudspeaker dry, and what is played afterwards is in step by new stamps only."""
    model("piper-en-us-joe")
    s = scene_in(ros, monkeypatch, "software")
    heard, _ = listen(ros)
    figures = ros.peer().record(DiagnosticArray, "/diagnostics", 10)
    tell(ros, s, "Tell me a story.")
    s.ask("Another one.")
    for pause in (3.0, 2.5, 2.5):
        time.sleep(pause)
        s.player.send_signal(signal.SIGSTOP)
        time.sleep(0.25)
        s.player.send_signal(signal.SIGCONT)
    ros.wait(lambda: len(s.traces) > 1 and s.dialogue._engine.idle, PATIENCE_S, "the answer to end")
    print(f"ended {s.interrupted} of {len(s.traces)} answers; heard itself say {[m.text for m in heard]}")
    check_removed(figures)
