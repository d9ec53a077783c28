"""The figures of `eval`, from results made by hand: rates, times, noise, rejections, the report."""

import json

import pytest

from voice_pipeline.commands._audio_folder import NOTHING, UNKNOWN, WORDS, Recording, load_folder
from voice_pipeline.commands._eval_report import write_report
from voice_pipeline.commands._eval_result import Result, joined
from voice_pipeline.commands._eval_summary import spread, summarise
from voice_pipeline.commands._eval_words import difference, errors
from voice_pipeline.errors import VoiceError


def result(reference, heard, whole="", **more):
    more = {"whole_ms": 100.0, "category": "word", **more}
    return Result(file="a.wav", reference=reference, heard=heard, whole=whole or heard, **more)


def test_words_are_counted_after_the_normaliser():
    assert errors("Red, green-blue colours", "read green blue", "en") == (2, 4)


@pytest.mark.parametrize(
    ("language", "said", "heard", "expected"),
    [
        ("zh", "砸自己的脚", "砸自己脚。", (1, 5)),
        ("ja", "真っ昼間", "真っ 昼間", (0, 4)),
        ("ko", "한 옆으로", "한옆으로", (0, 4)),
        ("hi", "नमस्ते", "नमसते", (1, 6)),
        ("de", "Größe, bitte", "größe bitte", (0, 2)),
    ],
)
def test_other_languages_are_counted_by_words_or_characters(language, said, heard, expected):
    assert errors(said, heard, language) == expected


def test_rates_are_over_all_words_and_beside_the_baseline():
    summary = summarise(
        [
            result("red green blue black", "red green blue", "red green blue black"),
            result("big house", "big house", category="pair", condition="noisy"),
            result("砸自己的脚", "砸自己", language="zh", category="zh"),
        ]
    )
    assert (summary["wer"], summary["wer_whole_files"]) == (round(1 / 6, 4), 0.0)
    assert (summary["cer"], summary["cer_whole_files"]) == (0.4, 0.4)
    assert summary["by_category"]["word"] == {
        "files": 1,
        "unit": "words",
        "rate": 0.25,
        "rate_whole_files": 0.0,
        "missed": 0,
    }
    assert summary["by_condition"] == {"noisy": summary["by_category"]["pair"]}
    assert summary["by_language"]["zh"]["unit"] == "characters"


def test_missed_words_words_on_noise_and_rejections_are_counted():
    summary = summarise(
        [
            result("hello", "", "hello", rejected=["'hello': too quiet"], rejected_by=["reject_level_dbfs"]),
            result(None, "thank you", "you", speech=NOTHING, false_starts=2),
            result(None, "", "", speech=NOTHING, rejected=["'x': y"], rejected_by=[""]),
            result(None, "some talk", "some talk", speech=UNKNOWN),
        ]
    )
    assert summary["missed_utterances"] == summary["not_detected"] == 1
    assert (summary["false_utterances"], summary["words_on_noise"]) == (1, 2)
    assert summary["words_on_noise_whole_files"] == 1
    assert summary["false_starts"] == 2
    assert summary["rejected"] == {"reject_level_dbfs": 1, "?": 1}
    assert summary["wer"] == 1.0


def test_without_a_baseline_there_is_none():
    assert summarise([result("one", "one", whole_ms=None)])["wer_whole_files"] is None


def test_a_difference_comes_with_the_interval_that_these_recordings_allow():
    same = [result("red green blue black", "red green blue black", whole_ms=1.0) for _ in range(30)]
    worse = [result("red green blue black", "red green", "red green blue black", whole_ms=1.0) for _ in range(30)]
    luck = [same[0]] * 28 + [worse[0], result("red green blue black", "red green blue black", "red", whole_ms=1.0)]
    assert summarise(same)["wer_difference"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert summarise(worse)["wer_difference"]["low"] == 0.5
    assert summarise(luck)["wer_difference"]["low"] < 0.0 < summarise(luck)["wer_difference"]["high"]
    assert summarise([result("red", "red", whole_ms=None)])["wer_difference"] is None


def test_start_and_end_are_compared_to_the_manifest(tmp_path):
    recording = Recording(tmp_path / "a.wav", "a", speech_start_s=0.5, speech_end_s=2.0)
    one = Result.of(recording)
    one.spans = [(0.45, 1.0), (1.2, 2.2)]
    one.compare(recording)
    assert (one.start_error_ms, one.end_error_ms) == (-50.0, 200.0)
    summary = summarise([one])
    assert summary["start_error_ms"] == {"n": 1, "p50": -50.0, "p95": -50.0, "abs_p50": 50.0, "abs_p95": 50.0}


def test_percentiles_leave_out_what_is_not_known():
    assert spread([None]) is None
    assert spread([1.0, None, 3.0])["n"] == 2


def test_speech_is_compared_to_turns_that_overlap():
    one = result(None, "", speech=UNKNOWN, turns=[(1.0, 3.0), (2.0, 4.0), (6.0, 7.0)], spans=[(0.5, 3.5)])
    assert joined(one.turns) == [(1.0, 4.0), (6.0, 7.0)]
    assert one.detection() == {"speech_s": 4.0, "missed_s": 1.5, "false_s": 0.5}
    assert summarise([one])["detection"] == {"files": 1, "speech_s": 4.0, "missed_s": 1.5, "false_s": 0.5}


def test_the_report_marks_what_differs_needs_nothing_else_and_hides_no_markup(tmp_path):
    results = [
        result("red green blue", "red grin blue <b>", "red green blue"),
        result(None, "you", speech=NOTHING),
        result("hello", "", rejected=["'hello': too quiet"], rejected_by=["reject_level_dbfs"]),
    ]
    page = tmp_path / "report.html"
    write_report(page, json.loads(json.dumps(summarise(results))), results, "engine <x>")
    text = page.read_text()
    assert "<del>green</del> <ins>grin</ins>" in text
    assert "engine &lt;x&gt;" in text
    assert "<b>" not in text
    assert "reject_level_dbfs" in text
    assert "http" not in text
    assert "src=" not in text


def test_the_difference_of_nothing_heard_is_all_that_was_said():
    assert difference("hello you", "", "en") == [("delete", "hello you", "")]


def write_manifest(folder, text, *files):
    (folder / "manifest.csv").write_text(text)
    for name, content in files:
        (folder / name).write_text(content)


def test_a_manifest_says_what_is_spoken_and_when(tmp_path):
    write_manifest(
        tmp_path,
        "file,transcript,category,condition,speech_start_est,speech_end_est,labels,language\n"
        "a.wav,hello,word,noisy (mixed here: rain),0.5,1.25,,\n"
        "b.wav,a guess,,,,,t.rttm,\n"
        "c.wav,see .stm,,,,,t.rttm t.stm,\n"
        "d.wav,你好,,,,,,zh\n",
        *((f"{x}.wav", "") for x in "abcd"),
        ("t.rttm", "SPEAKER t 1 0.5 1.0 <NA> <NA> s1 <NA> <NA>\nSPEAKER t 1 2.0 0.25 <NA> <NA> s2 <NA> <NA>\n"),
        ("t.stm", "t 1 s2 2.0 2.25 second words\nt 1 s1 0.5 1.5 first words\n"),
    )
    a, b, c, d = load_folder(tmp_path)
    assert (a.transcript, a.condition, a.speech_start_s, a.speech_end_s) == ("hello", "noisy", 0.5, 1.25)
    assert (b.speech, b.transcript, b.turns) == (UNKNOWN, None, ((0.5, 1.5), (2.0, 2.25)))
    assert (c.speech, c.transcript) == (WORDS, "first words second words")
    assert (d.language, d.category) == ("zh", "zh")


def test_a_manifest_without_words_lists_noise_or_talk_that_nobody_wrote_down(tmp_path):
    write_manifest(
        tmp_path,
        "file,content\nrain.wav,rain\nmic.wav,near-end microphone; farend_singletalk\n",
        ("rain.wav", ""),
        ("mic.wav", ""),
    )
    assert [r.speech for r in load_folder(tmp_path)] == [NOTHING, UNKNOWN]


def test_a_manifest_that_lists_a_missing_file_is_an_error(tmp_path):
    write_manifest(tmp_path, "file,labels\na.wav,a.rttm\n", ("a.wav", ""))
    with pytest.raises(VoiceError, match=r"lists a\.rttm"):
        load_folder(tmp_path)
