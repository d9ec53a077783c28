"""`eval` end to end: a recording made by the recorder gives the same transcripts when it is replayed; figures of real speech."""

import json

import numpy as np
import pytest
import soundfile

from ros_bench import PATIENCE_S
from voice_pipeline.bringup import session, watcher
from voice_pipeline.bringup.session import Session
from voice_pipeline.commands import _eval_bag, _eval_files
from voice_pipeline.commands import eval as command
from voice_pipeline.commands._audio_folder import load_folder
from voice_pipeline.commands._eval_bag import Timetable, load_bag
from voice_pipeline.commands._eval_ears import Ears
from voice_pipeline.commands._eval_files import _play_one
from voice_pipeline.errors import VoiceError
from voice_pipeline.recording.raw_audio import Sound
from voice_pipeline.recording.recording import Recording, RecordingOptions

NS = 1_000_000_000


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Of what waits for processes to come up, to be found, and to have heard what was played."""
    for module, limit, seconds in (
        (session, "_READY_S", 170.0),
        (watcher, "_FOUND_S", PATIENCE_S),
        (_eval_bag, "_JOIN_S", PATIENCE_S),
        (_eval_files, "_PATIENCE_S", PATIENCE_S),
        (_eval_files, "_SETTLE_S", 5.0),
    ):
        monkeypatch.setattr(module, limit, seconds)


@pytest.fixture
def bag(recordings, model, tmp_path):
    """Three short recordings, one of them without words, as the recorder kept them."""
    model("whisper-tiny.en-ct2")
    rows = {r.path.name: r.path for r in load_folder(recordings / "dev")}
    names = [n for n in sorted(rows) if n.startswith("command_cognitive")][:2]
    paths = [*(rows[n] for n in names), recordings / "noise" / "mic_rub_tap.wav"]
    only = ("audio_capture", "vad", "asr")
    with Session(
        "demo", tmp_path / "logs", robot="none", audio="file", only=only, record=str(tmp_path / "kept")
    ) as running:
        ears, node = Ears(running), running.watcher.node
        wanted = {"vad", "asr", "recorder"}  # what is played before all of them are there is lost to one of them
        while not wanted <= {
            end.node_name for end in node.get_subscriptions_info_by_topic(node.resolve_topic_name("audio"))
        }:
            running.drain(0.05)
        for path in paths:
            _play_one(running, ears, path.resolve())
    return tmp_path / "kept"


@pytest.mark.timeout(600)
def test_a_recording_gives_the_same_transcripts_when_it_is_replayed(bag, tmp_path, capsys):
    loaded = load_bag([bag])
    assert len([f for f in loaded.finals if not f.rejected_reason]) >= 2
    assert command.main(["--bag", str(bag), "--out", str(tmp_path / "out")]) == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["utterances"] == len(loaded.finals)
    assert summary["equal"] == summary["utterances"], summary["pairs"]
    assert summary["wer_to_recorded"] == 0.0
    assert summary["latency_ms"]["n"] == summary["utterances"]
    assert "Replayed" in (tmp_path / "out" / "report.html").read_text()
    assert "utterances equal" in capsys.readouterr().out


@pytest.mark.timeout(600)
def test_recordings_and_noise_give_words_times_and_a_baseline(recordings, model, tmp_path):
    model("whisper-tiny.en-ct2")
    for name, source, words in (("word", "dev", True), ("noise", "noise", False)):
        folder = tmp_path / name
        folder.mkdir()
        row = next(
            r for r in load_folder(recordings / source) if (r.category == "command" if words else "tap" in r.path.name)
        )
        samples, rate = soundfile.read(row.path)
        soundfile.write(folder / "a.wav", samples, rate)
        head = "file,transcript,speech_start_est,speech_end_est" if words else "file"
        line = f'a.wav,"{row.transcript}",{row.speech_start_s},{row.speech_end_s}' if words else "a.wav"
        (folder / "manifest.csv").write_text(f"{head}\n{line}\n")
    code = command.main(["--audio", str(tmp_path / "word"), str(tmp_path / "noise"), "--out", str(tmp_path / "out")])
    assert code == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    (word, _) = json.loads((tmp_path / "out" / "files.json").read_text())
    assert word["heard"]
    assert word["whole"]
    assert summary["wer_whole_files"] is not None
    assert summary["words_on_noise"] == 0
    assert abs(summary["start_error_ms"]["p50"]) < 300
    assert abs(summary["end_error_ms"]["p50"]) < 500
    assert summary["latency_ms"]["p50"] > 0
    assert summary["settings"]["asr"]["model"] == "whisper-tiny.en-ct2"


@pytest.mark.timeout(600)
def test_prompts_are_scored_as_they_are_read(recordings, model, tmp_path, capsys):
    model("whisper-tiny.en-ct2")
    row = next(r for r in load_folder(recordings / "dev") if r.category == "command")
    (tmp_path / "prompts.txt").write_text(f"# to read\n{row.transcript}\n")
    arguments = ["--live", "--prompt-file", str(tmp_path / "prompts.txt"), "--out", str(tmp_path / "out")]
    # A microphone that plays: there is none where tests run.
    for setting in ("source=file", f"file={row.path}", "silence_before_s=8.0", "loop=true"):
        arguments += ["--set", f"audio_capture.{setting}"]
    code = command.main([*arguments, "--seconds", "120"])
    assert code == 0
    shown = capsys.readouterr().out
    assert "Please say" in shown
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["files"] == 1
    assert summary["wer"] is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bag", "nowhere.mcap"], "cannot be read"),
        (["--live", "--prompt-file", "nowhere.txt"], "cannot be read"),
        (["--audio", "nowhere"], "no folder nowhere"),
        (["--set", "asr"], "node.parameter=value"),
    ],
)
def test_what_cannot_be_evaluated_is_told(arguments, message, tmp_path, capsys):
    try:
        code = command.main([*arguments, "--out", str(tmp_path)])
    except SystemExit as end:
        code = end.code
    assert code == 2
    assert message in capsys.readouterr().err


def blocks(*starts_s):
    return [Sound(100 * NS + round(s * NS), np.zeros(512, "<i2").tobytes(), 16_000, 1) for s in starts_s]


def test_replayed_sound_keeps_its_spacing_but_not_a_night():
    sounds = blocks(0.0, 0.032, 3.0, 4_000.0, 4_000.032)
    table = Timetable(sounds, 500 * NS)
    times = [round((table.now(s.stamp_ns) - 500 * NS) / NS, 3) for s in sounds]
    assert times == [0.0, 0.032, 3.0, 8.032, 8.064]


def test_a_bag_without_sound_is_an_error(tmp_path):
    recording = Recording(RecordingOptions(tmp_path, min_free_mb=0))
    recording.add("/turn", "voice_pipeline/msg/TurnState", NS, NS, bytes(8))
    recording.close()
    with pytest.raises(VoiceError, match="no microphone sound"):
        load_bag([tmp_path])
