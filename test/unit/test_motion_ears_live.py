"""The thread that reads the robot's microphones goes on, whatever was wrong with one reading."""

import json
import threading
import time

from websockets.sync.server import serve

from voice_pipeline.motion import sound_array
from voice_pipeline.motion.sound_array import SoundArray

READING = {"doa": {"angle": 0.0, "speech_detected": True}, "head_pose": {"yaw": 0.0}, "body_yaw": 0.0}


def test_a_reader_that_raises_once_is_told_the_next_reading(monkeypatch):
    monkeypatch.setattr(sound_array, "_RETRY_S", 0.01)
    heard, over = [], threading.Event()

    def say(socket):
        socket.send(json.dumps(READING))
        over.wait()

    def on_bearing(bearing):
        heard.append(bearing)
        if len(heard) == 1:
            raise RuntimeError("a publisher that is gone")

    with serve(say, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        array = SoundArray(f"ws://127.0.0.1:{port}", on_bearing, lambda: True)
        array.start()
        try:
            deadline = time.monotonic() + 60.0
            while len(heard) < 2:
                assert time.monotonic() < deadline, "waited too long"
                time.sleep(0.01)
        finally:
            array.close()
            over.set()
            server.shutdown()
