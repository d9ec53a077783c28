"""The bench's own arithmetic: where speech ends, when a turn is over, what counts, ratios, and our machinery's share."""

import json
import math
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the bench is no part of the package

from bench.gap import __main__ as bench_gap
from bench.gap.conversation import prefix, prefix_json
from bench.gap.overhead import split
from bench.gap.recordings import Listed, Recording, choose, listed, probabilities, ranked, speech_end
from bench.gap.report import arm_figures, ratio, summarise, word_error_rate
from bench.gap.settings import ARMS, MODEL_SETS, PIPECAT, ours_overrides
from bench.gap.turns import PATIENCE_S, Observed, Row

from voice_pipeline.errors import VoiceError
from voice_pipeline.vad.silero import SileroDetector

MS = 1_000_000
FRAME_S = 0.032


def row(arm, file, gap_ms, reference="stop", heard="stop", **more):
    return Row(arm=arm, file=file, round=1, reference=reference, heard=heard, gap_ms=gap_ms, cpu_s=1.0, **more)


# -- recordings


def test_speech_ends_with_the_last_sure_frame_near_the_estimate():
    chance = [0.0] * 10 + [0.9] * 20 + [0.1] * 20 + [0.8] + [0.0] * 40  # a click late in the silence
    assert speech_end(chance, 30 * FRAME_S) == pytest.approx(30 * FRAME_S, abs=1e-9)
    assert speech_end(chance, 51 * FRAME_S) == pytest.approx(51 * FRAME_S, abs=1e-9)


def test_where_detector_and_estimate_disagree_the_end_is_not_known():
    assert speech_end([0.9] * 10 + [0.0] * 90, 2.5) is None


def test_without_an_estimate_the_last_sure_frame_counts_and_silence_has_no_end():
    assert speech_end([0.0, 0.9, 0.9, 0.3], None) == pytest.approx(3 * FRAME_S)
    assert speech_end([0.1, 0.2], None) is None


def test_the_ranking_is_the_same_for_a_seed_and_takes_the_categories_in_turn():
    everything = [Listed(Path(f"{c}{i}.wav"), "x", c, None) for c in ("command", "sentence") for i in range(9)]
    order = ranked(everything, seed=3)
    assert order == ranked(list(reversed(everything)), seed=3)
    assert order != ranked(everything, seed=4)
    assert [r.category for r in order[:8]].count("command") == 4
    assert set(order) == set(everything)


class Sure:
    """A detector that hears speech in everything that is not silent."""

    def probability(self, frame):
        return float(np.any(frame))

    def reset(self):
        pass

    def close(self):
        pass


def write(path, seconds):
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        out.writeframes(np.full(round(seconds * 16000), 1000, np.int16).tobytes())


def test_a_recording_whose_end_is_not_clear_gives_its_place_to_another(tmp_path):
    everything = []
    for i in range(4):
        write(tmp_path / f"{i}.wav", 1.0)
        everything.append(Listed(tmp_path / f"{i}.wav", "x", "", 0.9 if i else 2.5))
    chosen, passed = choose(everything, 4, 1, Sure())
    assert sorted(r.name for r in chosen) == ["1.wav", "2.wav", "3.wav"]
    assert passed == ["0.wav"]
    assert {r.speech_end_s for r in chosen} == {1.0}  # not beyond the file, though the last frame is
    with pytest.raises(VoiceError, match="speech ends"):
        choose(everything[:1], 1, 1, Sure())


@pytest.mark.parametrize("manifest", [None, "file\n", "name,transcript\na,b\n", "file,transcript\na.wav,\n"])
def test_a_folder_that_cannot_be_used_is_refused_by_name(tmp_path, manifest):
    if manifest is not None:
        (tmp_path / "manifest.csv").write_text(manifest)
    with pytest.raises(VoiceError, match=str(tmp_path.name)):
        listed(tmp_path)


def test_a_folder_of_ones_own_needs_no_categories(tmp_path):
    (tmp_path / "manifest.csv").write_text("file,transcript\na.wav,hello\nb.wav,\n")
    assert listed(tmp_path) == [Listed((tmp_path / "a.wav").resolve(), "hello", "", None)]


def test_thirty_clean_commands_and_sentences_are_there(recordings, monkeypatch):
    monkeypatch.setenv("VOICE_PIPELINE_TEST_AUDIO", str(recordings))
    found = listed(None)
    assert len(found) >= 30
    assert {r.category for r in found} == {"command", "sentence"}


def test_the_end_of_real_speech_lies_near_the_manifests_estimate(recordings, model, monkeypatch):
    model("silero-vad")
    monkeypatch.setenv("VOICE_PIPELINE_TEST_AUDIO", str(recordings))
    everything = listed(None)
    estimates = {one.path: one.estimate_s for one in everything}
    chosen, _ = choose(everything, 4, 1, SileroDetector())
    for one in chosen:
        assert 0.0 < one.speech_end_s <= one.seconds
        assert abs(one.speech_end_s - estimates[one.path]) <= 0.6


def test_the_last_piece_of_a_recording_is_heard_too():
    assert probabilities(np.ones(513, np.int16), Sure()) == [1.0, 1.0]


# -- a turn


class Clock:
    def __init__(self):
        self.now = 1_000_000_000_000

    def __call__(self):
        return self.now

    def ahead(self, seconds):
        self.now += int(seconds * 1e9)


@pytest.fixture
def watched():
    clock = Clock()
    observed = Observed(Recording(Path("a.wav"), "stop", "command", seconds=2.0, speech_end_s=1.5), clock)
    observed.started(clock.now)
    return observed, clock


def test_the_gap_runs_from_the_last_sample_of_speech_to_the_first_audible_one(watched):
    observed, clock = watched
    begin = clock.now
    clock.ahead(2.4)
    observed.audible(begin + 2_300 * MS)
    observed.audible(begin + 2_900 * MS)  # a later clause changes nothing
    assert observed.row("ours", 1, 0.0).gap_ms == pytest.approx(800)


def test_a_sound_of_the_turn_before_does_not_count(watched):
    observed, clock = watched
    observed.audible(clock.now - 5 * MS)
    assert not observed.row("ours", 1, 0.0).answered


def test_a_turn_lasts_until_the_answer_is_over_and_it_is_quiet(watched):
    observed, clock = watched
    clock.ahead(2.5)
    observed.playing(True)
    observed.audible(clock.now)
    clock.ahead(3.0)
    assert not observed.over
    observed.playing(False)
    clock.ahead(0.5)
    assert not observed.over
    clock.ahead(0.5)
    assert observed.over


def test_nobody_waits_for_ever_but_longer_when_words_were_heard(watched):
    observed, clock = watched
    clock.ahead(1.5 + PATIENCE_S + 0.1)
    assert observed.over
    observed.heard.append("stop")
    assert not observed.over
    clock.ahead(20.0)
    assert observed.over
    assert not observed.row("ours", 1, 0.0).answered


def test_an_answer_that_is_being_worked_on_is_waited_for_but_not_for_ever(watched):
    observed, clock = watched
    clock.ahead(2.5)
    observed.playing(True)
    observed.audible(clock.now)
    clock.ahead(1.0)
    observed.working()  # more words were heard while it spoke
    observed.playing(False)
    clock.ahead(3.0)
    assert not observed.over
    observed.idle()
    assert observed.over
    observed.working()
    assert not observed.over
    clock.ahead(9.0)
    assert observed.over


def test_after_an_answer_into_the_speech_the_rest_is_waited_for(watched):
    observed, clock = watched
    clock.ahead(1.0)
    observed.audible(clock.now)
    clock.ahead(2.0)
    assert not observed.over
    clock.ahead(4.0)
    assert observed.over
    assert observed.row("ours", 1, 0.0).cut_off


# -- figures


def test_answers_into_the_speech_are_counted_and_not_averaged():
    rows = [row("ours", "a", 400), row("ours", "b", 600), row("ours", "c", -900), row("ours", "d", math.nan)]
    figures = arm_figures(rows)
    assert (figures["p50_ms"], figures["answered"], figures["cut_off"], figures["turns"]) == (500, 3, 1, 4)


def test_an_arm_that_never_answered_has_no_gap_but_a_word_error_rate():
    figures = arm_figures([row("ours", "a", math.nan, heard="")])
    assert figures["p50_ms"] is None
    assert figures["wer"] == 1.0


def test_words_are_compared_after_normalising():
    assert (
        word_error_rate([row("ours", "a", 1, "mister Quilter has 12 apples", "Mr. Quilter has twelve apples.")]) == 0.0
    )


def test_a_ratio_is_of_medians_over_the_recordings_that_both_answered():
    ours = [row("ours", str(i), 500.0) for i in range(10)] + [row("ours", "lost", math.nan)]
    theirs = [row("sequence", str(i), 1000.0) for i in range(10)] + [row("sequence", "lost", 1.0)]
    assert ratio(ours, theirs, 1) == {"ratio": 0.5, "interval": [0.5, 0.5], "pairs": 10}


def test_the_interval_of_a_ratio_holds_it_and_narrows_with_more_recordings():
    dice = np.random.default_rng(1)

    def gaps(arm, middle, count):
        return [row(arm, str(i), g) for i, g in enumerate(dice.normal(middle, 100, count))]

    few = ratio(gaps("ours", 500, 10), gaps("sequence", 1000, 10), 1)
    many = ratio(gaps("ours", 500, 300), gaps("sequence", 1000, 300), 1)
    for found in (few, many):
        assert found["interval"][0] <= found["ratio"] <= found["interval"][1]
    assert np.ptp(many["interval"]) < np.ptp(few["interval"])


def test_one_common_recording_makes_no_ratio():
    assert ratio([row("ours", "a", 1.0)], [row("sequence", "a", 2.0)], 1) is None


def test_the_summary_is_json_and_says_null_for_what_was_not_measured():
    summary = json.loads(json.dumps(summarise([row("ours", "a", 500), row("ours", "b", 700)], 1), allow_nan=False))
    assert set(summary["arms"]) == {"ours"}
    assert summary["ratio_pipecat_tuned"] is None
    assert summary["overhead_ms_p50"] is None
    assert set(summary["arms"]["ours"]) >= {"p50_ms", "p95_ms", "wer", "cpu_s", "answered", "cut_off"}


def test_a_row_without_a_gap_is_null_in_json():
    assert row("ours", "a", math.nan).as_dict()["gap_ms"] is None


# -- our own machinery


def stamps(**ms):
    return {name: (10_000 + at) * MS for name, at in ms.items()}


FOLLOWING = {
    "speech_end": 0,
    "pause": 550,
    "vad_end": 550,
    "asr_start": 555,
    "asr_final": 705,
    "llm_request": 712,
    "first_clause": 1012,
    "tts_request": 1015,
    "first_audio": 1415,
    "first_played": 1430,
}


def test_one_step_after_the_other_leaves_the_hand_overs():
    found = split(stamps(**FOLLOWING))
    assert found.gap == 1430
    assert found.pause_wait == 550
    assert found.compute == 850
    assert found.overhead == pytest.approx(5 + 7 + 3 + 15)
    assert found.overhead_with_wait == pytest.approx(580)


def test_work_hidden_in_the_wait_leaves_the_wait_for_the_decision():
    early = {**FOLLOWING, "pause": 100, "asr_start": 102, "asr_final": 202, "llm_request": 203, "first_clause": 303}
    found = split(stamps(**{**early, "vad_end": 450, "tts_request": 452, "first_audio": 652, "first_played": 660}))
    assert found.pause_wait == 100
    assert found.decision_wait == 450 - 303
    assert found.compute == 100 + 100 + 200
    assert found.overhead == pytest.approx(2 + 1 + 2 + 8)


def test_nothing_is_waited_for_when_a_model_is_still_at_work_at_the_end():
    busy = {**FOLLOWING, "pause": 100, "vad_end": 250, "asr_start": 104, "asr_final": 400}
    found = split(stamps(**busy))
    assert found.decision_wait == 0


def test_without_speculation_all_of_the_silence_is_waited_for():
    found = split(stamps(**{**FOLLOWING, "pause": 100}))
    assert found.pause_wait + found.decision_wait == 550
    assert found.overhead == pytest.approx(30)


def test_work_at_the_same_time_counts_once():
    side_by_side = {**FOLLOWING, "llm_request": 605, "first_clause": 805}
    assert split(stamps(**side_by_side)).compute == 250 + 400


def test_a_trace_without_a_sound_or_with_one_before_the_end_of_speech_says_nothing():
    assert split({}) is None
    assert split(stamps(**{**FOLLOWING, "first_played": -10})) is None


# -- settings


def test_all_arms_begin_with_the_same_prompt_and_no_tool():
    messages = prefix_json()
    assert [m["role"] for m in messages[:2]] == ["system", "user"]
    assert "get_time" not in json.dumps(messages)
    assert len(messages) == len(prefix())


def test_ours_without_speculation_differs_in_speculation_alone_and_asks_for_no_parameter_that_is_not_there():
    known = {"asr": {"speculate"}, "vad": set(), "dialogue": {"speculate"}}
    models = MODEL_SETS["demo"]
    with_it, without = (ours_overrides(models, arm, known, 2) for arm in ("ours", "ours_no_speculation"))
    assert without.pop("vad", {}) == {}
    assert without["asr"].pop("speculate") is False
    assert without["dialogue"].pop("speculate") is False
    assert without == with_it


def test_the_default_pipecat_changes_nothing():
    assert not any(vars(PIPECAT["pipecat_default"]).values())
    assert set(PIPECAT) < set(ARMS)


def test_an_unknown_arm_ends_the_bench_before_it_starts(tmp_path, capsys):
    assert bench_gap.main(["--arms", "theirs", "--out", str(tmp_path)]) == 2
    assert "theirs" in capsys.readouterr().err


def test_a_folder_without_recordings_ends_the_bench_before_it_starts(tmp_path, capsys):
    assert bench_gap.main(["--audio", str(tmp_path), "--arms", "sequence", "--out", str(tmp_path / "out")]) == 2
    assert "manifest.csv" in capsys.readouterr().err
