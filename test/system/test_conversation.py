"""Everything together: real models, real DDS, the robot's real daemon in simulation, recorded speech."""

import math
import time

import jiwer
import psutil
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from voice_pipeline.bringup.person import DEMO, Line, recordings
from voice_pipeline.bringup.session import Session

NOD, _, QUESTION = DEMO
# Commands from the recordings, as their manifest writes them.
SPOKEN = {
    "command_cognitive_weatheratthebeach.wav": "what's the weather like at the beach",
    "command_speech_333064e4_f6af_4a72_9378_b7eebff92d71.wav": "get me a triple shot small mocha with some whole milk",
    "command_speech_2859280f_7f86_4e5a_aba9_b2f212ea0b3c.wav": "brew a espresso with lots of soy milk",
}


def start(tmp_path, **options):
    overrides = {"audio_player": {"file_path": str(tmp_path / "answer.wav")}}
    return Session("demo", tmp_path / "logs", robot="sim", audio="file", overrides=overrides, **options)


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """All nodes as separate processes."""
    with start(tmp_path_factory.mktemp("processes")) as session:
        yield session


def wav(line: Line):
    return recordings((line,))[0]


def test_a_spoken_command_moves_the_head_and_is_answered(processes):
    turn = processes.say(wav(NOD))
    assert "nod" in turn.transcript.lower()
    assert [t["name"] for t in turn.tools if t["status"] == "succeeded"] == ["play_move"]
    assert turn.head_moved_deg > 5.0
    assert turn.answer_seconds > 0.3


def test_a_question_is_answered_aloud_and_moves_nothing(processes):
    turn = processes.say(wav(QUESTION))
    assert "paris" in turn.reply.lower()
    assert turn.answer_seconds > 0.3
    assert turn.tools == []


def test_the_trace_of_a_turn_has_every_stage_in_order(processes):
    turn = processes.say(wav(QUESTION))
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
    heard = [clean(processes.say(recordings / "dev" / name).transcript) for name in SPOKEN]
    assert jiwer.wer([clean(t) for t in SPOKEN.values()], heard) < 0.25, heard


def test_a_killed_node_is_driven_up_again_when_it_is_back(processes):
    vad = next(n for n in processes.plan.nodes if n.name == "vad")
    processes.processes.running["vad"].kill()
    processes.processes.running["vad"].wait()
    deadline = time.monotonic() + 10.0
    while processes.watcher.ready and time.monotonic() < deadline:
        processes.drain(0.1)
    assert not processes.watcher.ready
    processes.processes.start_one(vad)
    while not processes.watcher.ready and time.monotonic() < deadline + 20.0:
        processes.drain(0.1)
    assert processes.watcher.ready
    assert processes.say(wav(QUESTION)).transcript


def test_ctrl_c_ends_every_process_within_three_seconds(processes):
    family = [
        p
        for n in processes.processes.running.values()
        for p in (psutil.Process(n.pid), *psutil.Process(n.pid).children(recursive=True))
    ]
    began = time.monotonic()
    assert processes.processes.stop(3.0) == []  # names that had to be killed
    assert time.monotonic() - began < 3.0
    assert [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []


def test_the_same_list_in_one_process_answers_and_moves(tmp_path):
    with start(tmp_path, composed=True) as session:
        turn = session.say(wav(NOD))
        assert "nod" in turn.transcript.lower()
        assert turn.head_moved_deg > 5.0
        assert turn.answer_seconds > 0.3
        assert session.processes.stop(3.0) == []
