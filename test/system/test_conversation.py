"""Everything together: real models, real DDS, the robot's real daemon in simulation, recorded speech."""

import math
import resource
import time
from functools import partial

import jiwer
import psutil
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from patience import gone
from voice_pipeline.bringup import session, watcher
from voice_pipeline.bringup.person import DEMO, Line, recordings
from voice_pipeline.bringup.session import Session

NOD, _, QUESTION = DEMO
pytestmark = pytest.mark.timeout(600)  # the first test brings the nodes up
# Commands from the recordings, as their manifest writes them.
SPOKEN = {
    "command_cognitive_weatheratthebeach.wav": "what's the weather like at the beach",
    "command_speech_333064e4_f6af_4a72_9378_b7eebff92d71.wav": "get me a triple shot small mocha with some whole milk",
    "command_speech_2859280f_7f86_4e5a_aba9_b2f212ea0b3c.wav": "brew a espresso with lots of soy milk",
}


def start(tmp_path, **options):
    overrides = {
        "audio_player": {"file_path": str(tmp_path / "answer.wav")},
        # Nobody waits for it here, and beside other work a small model may read for half a minute.
        "dialogue": {"first_token_timeout_s": 60.0, "stall_timeout_s": 60.0},
    }
    return Session("demo", tmp_path / "logs", robot="sim", audio="file", overrides=overrides, **options)


@pytest.fixture(scope="module", autouse=True)
def patience():
    """For the nodes to come up and to be found on a machine that stalls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "_READY_S", 300.0)
        patch.setattr(watcher, "_FOUND_S", 60.0)
        yield


@pytest.fixture(scope="module")
def processes(tmp_path_factory, patience):
    """All nodes as separate processes."""
    with start(tmp_path_factory.mktemp("processes")) as running:
        yield running


def wav(line: Line):
    return recordings((line,))[0]


def say(running, path, *more):
    """The turn, once it has words, an answer that was heard, and `more`: on a busy machine some of it comes after the rest."""
    turn = running.say(path, timeout_s=120.0)
    wanted = [lambda: turn.transcript, lambda: turn.answer_seconds > 0.3, lambda: turn.stamps]
    wanted += [partial(condition, turn) for condition in more]
    until(running, lambda: all(one() for one in wanted), 60.0)
    return turn


def until(running, condition, seconds):
    """Drain until it is true; the test then says what is missing."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        running.drain(0.05)


def succeeded(turn):
    return [t["name"] for t in turn.tools if t["status"] == "succeeded"]


def moved(turn):
    return turn.head_moved_deg > 5.0


def test_a_spoken_command_moves_the_head_and_is_answered(processes):
    turn = say(processes, wav(NOD), succeeded, moved)
    assert "nod" in turn.transcript.lower()
    assert succeeded(turn) == ["play_move"]
    assert turn.head_moved_deg > 5.0
    assert turn.answer_seconds > 0.3


def test_a_question_is_answered_aloud_and_moves_nothing(processes):
    turn = say(processes, wav(QUESTION))
    assert "paris" in turn.reply.lower()
    assert turn.answer_seconds > 0.3
    assert turn.tools == []


def test_the_trace_of_a_turn_has_every_stage_in_order(processes):
    turn = say(processes, wav(QUESTION))
    # What is begun at the pause and what decides the end run side by side; each of them is in order. Recognition may have
    # begun before the pause: provisional words that cover all speech are taken for the pause's.
    work = ("asr_start", "asr_final", "llm_request", "llm_first_token", "first_clause", "tts_request", "first_audio")
    for chain in (
        ("speech_end", *work, "first_played"),
        ("speech_end", "pause", "llm_request"),
        ("pause", "vad_end", "commit", "first_played"),
    ):
        stamps = [turn.stamps[s] for s in chain]
        assert all(stamps), turn.stamps
        assert stamps == sorted(stamps), (chain, turn.stamps)
    assert math.isclose(turn.gap_ms, (turn.stamps["first_played"] - turn.stamps["speech_end"]) / 1e6, abs_tol=1.0)


def test_recorded_people_are_understood(processes, recordings):
    clean = EnglishTextNormalizer()
    heard = [clean(say(processes, recordings / "dev" / name).transcript) for name in SPOKEN]
    assert jiwer.wer([clean(t) for t in SPOKEN.values()], heard) < 0.25, heard


def test_a_killed_node_is_driven_up_again_when_it_is_back(processes):
    vad = next(n for n in processes.plan.nodes if n.name == "vad")
    processes.processes.running["vad"].kill()
    processes.processes.running["vad"].wait()
    until(processes, lambda: not processes.watcher.ready, 60.0)
    assert not processes.watcher.ready
    processes.processes.start_one(vad)
    until(processes, lambda: processes.watcher.ready, 90.0)
    assert processes.watcher.ready
    assert say(processes, wav(QUESTION)).transcript


def test_ctrl_c_ends_every_process_in_time(processes):
    """Within three seconds of computing each; a stalled machine takes longer, so the wall clock is not asked."""
    family = [
        p
        for n in processes.processes.running.values()
        for p in (psutil.Process(n.pid), *psutil.Process(n.pid).children(recursive=True))
    ]
    ended = cpu_s(resource.getrusage(resource.RUSAGE_CHILDREN))
    count, before = len(processes.processes.running), sum(sum(p.cpu_times()[:4]) for p in family)  # with ended children
    assert processes.processes.stop(60.0) == []  # names that had to be killed
    used = cpu_s(resource.getrusage(resource.RUSAGE_CHILDREN)) - ended
    assert used - before < 3.0 * count
    assert [p for p in family if not gone(p.pid)] == []


def cpu_s(usage):
    return usage.ru_utime + usage.ru_stime


def test_the_same_list_in_one_process_answers_and_moves(tmp_path):
    with start(tmp_path, composed=True) as running:
        turn = say(running, wav(NOD), moved)
        assert "nod" in turn.transcript.lower()
        assert turn.head_moved_deg > 5.0
        assert turn.answer_seconds > 0.3
        assert running.processes.stop(60.0) == []
