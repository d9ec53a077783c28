"""`eval-windows` compares windows in pairs of the same recording, and counts what noise was taken for words."""

import json

import pytest

from voice_pipeline.commands.eval_windows import Look, main, summarise


def look(file, window_s, errors=0, ms=100.0, spoken=True, **more):
    defaults = {"seconds": 1.0, "text": "a b", "rejected": "", "second_look": "", "confidence": 0.9}
    words = 10 if spoken else 0
    return Look(
        file,
        window_s,
        ms=ms,
        errors=errors,
        words=words,
        spoken=spoken,
        no_speech_probability=0.0,
        **{**defaults, **more},
    )


def test_a_window_is_compared_to_the_reference_recording_by_recording():
    looks = [
        *(look("a", 30.0, 1, 400.0), look("a", 10.0, 0, 100.0)),
        *(look("b", 30.0, 0, 100.0), look("b", 10.0, 3, 50.0, second_look="repeats itself", rejected="no words")),
        *(look("n", w, spoken=False, ms=1.0) for w in (30.0, 10.0)),
        *(look("m", w, spoken=False, ms=1.0, rejected="no words") for w in (30.0, 10.0)),
    ]
    s = summarise(looks, 10.0, 30.0)
    assert (s["files"], s["errors"], s["wer"], s["second_looks"], s["speech_rejected"]) == (2, 3, 0.15, 1, 1)
    assert (s["words_on_noise"], s["false_on_noise"]) == (2, 1)
    assert (s["ms_median"], s["time_ratio_median"]) == (75.0, 0.375)
    assert s["wer_more_95"] == (pytest.approx(-0.1), pytest.approx(0.3))


def test_it_runs_on_recordings_and_leaves_its_figures(recordings, model, tmp_path):
    model("whisper-tiny.en-ct2")
    out = ["--out", str(tmp_path), "--limit", "1", "--windows", "30", "10"]
    assert main([*out, "--audio", str(recordings / "noise"), str(recordings / "dev")]) == 0
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert [s["window_s"] for s in summary] == [30.0, 10.0]
    assert len(json.loads((tmp_path / "files.json").read_text())) == 4


def test_a_folder_that_is_not_there_or_without_a_list_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--audio", str(tmp_path / "none"), "--out", str(tmp_path)])
    assert ended.value.code == 2
    assert f"there is no folder {tmp_path / 'none'}" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["--audio", str(tmp_path / "empty"), "--out", str(tmp_path)]) == 2
    assert "empty has no manifest.csv" in capsys.readouterr().err
