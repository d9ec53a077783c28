"""The real voices in their own process."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import numpy as np
import pytest

from patience import gone, until
from voice_pipeline.errors import VoiceError
from voice_pipeline.tts.protocol import Cancellation, Cancelled, SynthesizerOptions
from voice_pipeline.tts.registry import make_synthesizer

LONG = "The weather is nice today and I would love to go for a long walk with you in the park, if you have time."


@pytest.fixture(scope="module", params=["kokoro", "piper"])
def voice(request, real_voice):
    return real_voice(request.param)


def say(synthesizer, text, speed=1.0, cancellation=None):
    voice = synthesizer.default_voice
    return np.concatenate(list(synthesizer.synthesize(text, voice, speed, cancellation or Cancellation())))


def test_it_speaks_and_faster_when_told(voice):
    slow, fast = say(voice, "I will look to the left now."), say(voice, "I will look to the left now.", 1.6)
    assert np.max(np.abs(slow)) > 3000
    assert 1.0 < len(slow) / voice.sample_rate < 4.0
    assert len(fast) < 0.9 * len(slow)


def test_cancelling_returns_at_once_and_does_not_delay_the_next(voice):
    pid = voice.figures()["worker_pid"]
    cancellation = Cancellation()
    os.kill(pid, signal.SIGSTOP)  # who waits for its answer waits for ever
    threading.Timer(0.1, cancellation.set).start()
    try:
        with pytest.raises(Cancelled):
            say(voice, f"{LONG} {LONG}", 0.5, cancellation)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert len(say(voice, "Hi.")) / voice.sample_rate < 3.0  # and not what was given up
    cancellation = Cancellation()
    threading.Timer(0.08, cancellation.set).start()  # in the middle of the synthesis, on most machines
    with suppress(Cancelled):
        say(voice, f"{LONG} {LONG}", 0.5, cancellation)
    assert len(say(voice, "Hi.")) / voice.sample_rate < 3.0
    assert voice.figures()["worker_pid"] == pid


def test_a_worker_that_dies_is_started_again(voice):
    pid = voice.figures()["worker_pid"]
    os.kill(pid, signal.SIGSTOP)  # in the middle of it, however fast it is
    threading.Timer(0.1, os.kill, (pid, signal.SIGKILL)).start()
    assert len(say(voice, "I will look to the left now.")) > voice.sample_rate
    assert len(say(voice, "Hi.")) > 0
    assert voice.figures()["worker_restarts"] >= 1
    assert voice.figures()["worker_pid"] != pid


def test_an_engine_error_is_told_with_its_words(voice):
    with pytest.raises(VoiceError, match="failed"):
        say(voice, "")
    assert len(say(voice, "Hi.")) > 0


def test_the_gpl_packages_stay_in_their_own_process(voice):
    assert len(say(voice, "Hi.")) > 0
    assert not {"phonemizer", "kokoro_onnx", "espeakng_loader"} & set(sys.modules)


@pytest.mark.parametrize("engine", ["kokoro", "piper"])
def test_the_same_words_sound_the_same_after_every_start(engine):
    """Piper draws noise; whoever recognises its words in a test, or measures with them, must not draw with it."""
    said = []
    for _ in range(2):
        synthesizer = make_synthesizer(engine, SynthesizerOptions())
        try:
            said.append([say(synthesizer, text) for text in ("Turn left.", "Turn left.", "Hello there.")])
        finally:
            synthesizer.close()
    assert all(np.array_equal(a, b) for a, b in zip(*said, strict=True))


def test_closing_ends_the_process():
    synthesizer = make_synthesizer("piper", SynthesizerOptions())
    pid = synthesizer.figures()["worker_pid"]
    assert synthesizer.figures()["worker_rss_mb"] > 50
    synthesizer.close()
    until(lambda: gone(pid), "the end of the worker")
    with pytest.raises(VoiceError):
        say(synthesizer, "Hi.")


def test_the_process_ends_when_its_parent_is_killed():
    code = (
        "import time; from voice_pipeline.tts.registry import *; "
        "s = make_synthesizer('piper', SynthesizerOptions()); "
        "print(s.figures()['worker_pid'], flush=True); time.sleep(600)"
    )
    import voice_pipeline

    where = os.path.dirname(next(iter(voice_pipeline.__path__)))
    env = {**os.environ, "PYTHONPATH": f"{where}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=env)
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: gone(pid), "the end of the worker")


def test_a_model_that_is_missing_or_broken_names_the_cure(tmp_path):
    with pytest.raises(VoiceError, match="make models"):
        make_synthesizer("kokoro", SynthesizerOptions(model="no-such-model"))
    with pytest.raises(VoiceError, match=r"NAME\.onnx"):
        make_synthesizer("piper", SynthesizerOptions(model=str(tmp_path)))
    for name in ("kokoro-v1.0.int8.onnx", "voices.npz"):
        (tmp_path / name).write_bytes(b"nonsense")
    with pytest.raises(VoiceError, match="does not start"):
        make_synthesizer("kokoro", SynthesizerOptions(model=str(tmp_path)))


def test_an_unknown_engine_lists_the_others():
    with pytest.raises(VoiceError, match="kokoro, piper"):
        make_synthesizer("festival", SynthesizerOptions())


def test_a_provider_this_machine_lacks_falls_back_to_the_cpu():
    synthesizer = make_synthesizer("piper", SynthesizerOptions(providers=("NoSuchProvider",)))
    assert synthesizer.figures()["provider"] == "CPUExecutionProvider"
    assert synthesizer.notes == ["this onnxruntime has no NoSuchProvider"]
    synthesizer.close()
