"""The rules of starting, pausing, going on and ending, on probabilities written by hand. One letter is 32 ms."""

import itertools
import math

import pytest

from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions, Kind, Reason
from voice_pipeline.vad.utterance import FRAME_NS

T0 = 1_700_000_000_000_000_000
SPEECH = {"S": 0.9, "s": 0.4, ".": 0.0, "n": math.nan}  # s: between release and onset
LOUD, QUIET = 1e-3, 1e-9  # -30 and -90 dBFS


class Run:
    """Feeds letters and collects events; times in frames since the start."""

    def __init__(self, **options):
        self.endpointer = Endpointer(EndpointerOptions(**options), "run")
        self.frame = 0
        self.events = []

    def feed(self, text, power=LOUD):
        for letter in text:
            self.events += self.endpointer.push(T0 + self.frame * FRAME_NS, SPEECH[letter], power)
            self.frame += 1
        return self

    def skip(self, frames):
        self.frame += frames
        return self

    def judge(self, complete, generation=None, utterance="run-00000"):
        if generation is None:
            generation = self.events[-1].generation
        self.events += self.endpointer.judge(utterance, generation, complete)
        return self

    @property
    def kinds(self):
        return [e.kind.name for e in self.events]

    def frames(self, ns):
        return round((ns - T0) / FRAME_NS, 3)


def ends(run):
    return [e for e in run.events if e.kind is Kind.END]


def test_an_utterance_starts_pauses_and_ends():
    run = Run(pause_silence=0.1, min_silence=0.55, pre_roll=0.16, post_roll=0.064).feed("." * 20 + "S" * 10 + "." * 30)
    assert run.kinds == ["START", "PAUSE", "END"]
    start, pause, end = run.events
    assert run.frames(start.stamp_ns) == run.frames(start.audio_start_ns) == 20 - 5
    assert start.speech_end_ns == start.audio_end_ns == 0
    assert run.frames(pause.speech_end_ns) == run.frames(end.speech_end_ns) == run.frames(end.stamp_ns) == 30
    assert run.frames(end.audio_end_ns) == run.frames(pause.audio_end_ns) == 32
    assert end.reason is Reason.SILENCE
    assert {e.utterance_id for e in run.events} == {"run-00000"}


def test_pause_and_end_come_when_their_silence_is_full():
    run = Run(pause_silence=0.1, min_silence=0.55).feed("S" * 10)
    run.feed("." * 3)
    assert run.kinds == ["START"]
    run.feed(".")
    assert run.kinds == ["START", "PAUSE"]
    run.feed("." * 13)
    assert run.kinds == ["START", "PAUSE"]
    run.feed(".")
    assert run.kinds == ["START", "PAUSE", "END"]


def test_speech_after_a_pause_resumes_and_counts_generations():
    run = Run().feed("S" * 10 + "." * 6 + "S" * 5 + "." * 6 + "S" * 5 + "." * 20)
    assert run.kinds == ["START", "PAUSE", "RESUME", "PAUSE", "RESUME", "PAUSE", "END"]
    assert [e.generation for e in run.events] == [0, 1, 2, 3, 4, 5, 5]
    assert run.frames(run.events[2].stamp_ns) == 16


def test_between_release_and_onset_speech_goes_on_but_does_not_begin():
    assert Run().feed("s" * 40).kinds == []
    assert Run().feed("S" * 5 + "s" * 40).kinds == ["START"]


def test_after_a_silence_only_onset_resumes():
    run = Run().feed("S" * 10 + ".." + "s" * 20)
    assert run.kinds == ["START", "PAUSE", "END"]
    assert run.frames(ends(run)[0].speech_end_ns) == 10


def test_a_single_frame_is_no_start():
    assert Run().feed("....S....S...").kinds == []


def test_a_click_is_a_false_start():
    run = Run().feed("." * 5 + "SS" + "." * 20)
    assert run.kinds == ["START", "PAUSE", "END"]
    assert ends(run)[0].reason is Reason.TOO_SHORT


def test_a_short_word_is_not_lost():
    assert ends(Run(min_speech=0.25).feed("SSSSSss" + "." * 20))[0].reason is Reason.SILENCE
    assert ends(Run(min_speech=0.25).feed("SSSSss" + "." * 20))[0].reason is Reason.TOO_SHORT


def test_a_false_start_leaves_its_audio_to_the_next_utterance():
    run = Run(pre_roll=0.96).feed("." * 40 + "SS" + "." * 18 + "S" * 10 + "." * 20)
    second = [e for e in run.events if e.kind is Kind.START][1]
    assert run.frames(second.audio_start_ns) == 60 - 30


def test_utterances_never_share_audio():
    run = Run(pre_roll=0.96, post_roll=0.32, min_silence=0.4).feed("S" * 10 + "." * 15 + "S" * 10 + "." * 20)
    starts = [e for e in run.events if e.kind is Kind.START]
    assert starts[1].audio_start_ns == ends(run)[0].audio_end_ns


def test_the_pre_roll_does_not_reach_before_the_first_sample():
    assert Run(pre_roll=1.0).feed("..SS").events[0].audio_start_ns == T0


def test_quiet_frames_do_not_start_but_may_end_a_word():
    assert Run().feed("S" * 40, QUIET).kinds == []
    run = Run().feed("S" * 4).feed("S" * 4, QUIET).feed("." * 20, QUIET)
    assert ends(run)[0].reason is Reason.SILENCE


def test_nan_is_silence():
    assert Run().feed("n" * 40).kinds == []
    assert Run().feed("S" * 10 + "n" * 20).kinds == ["START", "PAUSE", "END"]


def splits(run):
    return [e for e in run.events if e.kind is Kind.SPLIT]


def test_an_utterance_that_never_ends_is_cut_and_goes_on_as_another_without_a_gap():
    run = Run(max_utterance=6.0, pre_roll=0.0).feed("S" * 150 + "s" + "S" * 60 + "." * 20)
    assert [(e.kind, e.reason) for e in run.events if e.kind in (Kind.START, Kind.END)] == [
        (Kind.START, Reason.NONE),
        (Kind.END, Reason.MAX_LENGTH),
        (Kind.START, Reason.NONE),
        (Kind.END, Reason.SILENCE),
    ]
    first, second = ends(run)
    assert run.frames(first.audio_end_ns) == 151
    assert second.audio_start_ns == first.audio_end_ns
    assert first.utterance_id != second.utterance_id
    assert run.frames(second.speech_end_ns) == 211


def test_an_utterance_that_never_ends_ends_in_a_pause_without_a_follower():
    run = Run(max_utterance=6.4, pre_roll=0.0, min_silence=2.0).feed("S" * 180 + "." * 40)
    assert run.kinds == ["START", "PAUSE", "END"]
    assert ends(run)[0].reason is Reason.MAX_LENGTH


# -- parts; with max_part 10 s (312.5 frames) of the utterance
def test_a_long_utterance_is_split_in_its_longest_silence_and_goes_on():
    run = Run(max_part=10.0, pre_roll=0.0).feed("S" * 200 + "." * 10 + "S" * 50 + "...." + "S" * 100 + "." * 20)
    assert run.kinds == ["START", "PAUSE", "RESUME", "PAUSE", "RESUME", "SPLIT", "PAUSE", "END"]
    split = splits(run)[0]
    assert run.frames(split.audio_end_ns) == run.frames(split.stamp_ns) == 205
    assert run.frames(split.audio_start_ns) == 0
    assert run.frames(split.speech_end_ns) == 200
    assert {e.utterance_id for e in run.events} == {"run-00000"}
    assert [e.generation for e in run.events] == [0, 1, 2, 3, 4, 5, 6, 6]  # what was begun before the split is stale


def test_what_follows_a_split_begins_where_it_ended():
    run = Run(max_part=10.0, pre_roll=0.0).feed(("S" * 90 + "." * 6) * 20 + "." * 20)
    parts = [(e.audio_start_ns, e.audio_end_ns) for e in run.events if e.kind in (Kind.SPLIT, Kind.END)]
    assert len(parts) == 7
    assert run.frames(parts[0][0]) == 0
    assert all(before[1] == after[0] for before, after in itertools.pairwise(parts))
    assert run.frames(parts[-1][1]) == 96 * 20 - 6 + 6.25  # the last speech and the post-roll of 0.2 s
    assert max(end - start for start, end in parts) <= 10.1e9


def test_after_a_split_pauses_and_the_end_speak_of_the_new_part():
    run = Run(max_part=10.0).feed("S" * 250 + "...." + "S" * 80 + ".." + "S" * 10 + "." * 20)
    at = run.kinds.index("SPLIT")
    assert run.kinds[at + 1 :] == ["PAUSE", "RESUME", "PAUSE", "END"]
    assert {e.audio_start_ns for e in run.events[at + 1 :]} == {splits(run)[0].audio_end_ns}
    assert ends(run)[0].reason is Reason.SILENCE


def test_without_a_silence_the_least_speech_like_frame_is_the_cut():
    run = Run(max_part=10.0, pre_roll=0.0).feed("S" * 200 + "s" + "S" * 150)
    assert run.kinds == ["START", "SPLIT"]
    assert run.frames(splits(run)[0].audio_end_ns) == 201


def test_a_cut_lies_within_the_last_eight_seconds():
    run = Run(max_part=20.0, pre_roll=0.0).feed("S" * 300 + "." * 10 + "S" * 200 + "..." + "S" * 150)
    assert run.frames(splits(run)[0].audio_end_ns) == 511.5


def test_in_a_pause_a_long_utterance_is_not_split_until_somebody_goes_on():
    run = Run(max_part=10.0, pre_roll=0.0).feed("S" * 200 + "..." + "S" * 107 + "." * 12)
    assert run.kinds == ["START", "PAUSE", "RESUME", "PAUSE"]
    run.feed("S" * 6)
    assert splits(run) == []
    run.feed("S")  # min_speech
    assert run.frames(splits(run)[0].audio_end_ns) == 310 + 6


def test_a_long_utterance_that_is_over_in_its_pause_is_one_part():
    run = Run(max_part=10.0, pre_roll=0.0).feed("S" * 200 + "..." + "S" * 107 + "." * 20)
    assert run.kinds[-1] == "END"
    assert splits(run) == []
    assert run.frames(ends(run)[0].audio_start_ns) == 0


def test_a_click_in_a_long_pause_makes_no_part_of_its_own():
    run = Run(max_part=10.0, pre_roll=0.0, min_silence=1.0).feed("S" * 310 + "." * 12 + "S" + "." * 35)
    assert splits(run) == []
    assert ends(run)[0].reason is Reason.SILENCE


def test_speech_in_snatches_is_split_too_in_the_end():
    run = Run(max_part=10.0, pre_roll=0.0).feed("S" * 310 + "SS.." * 60)
    assert 10.0 < (splits(run)[0].audio_end_ns - T0) / 1e9 < 13.1


def test_a_part_is_never_too_short():
    run = Run(max_part=10.0, pre_roll=0.0, min_speech=20.0).feed("S" * 420)
    assert len(splits(run)) == 1
    assert [e.reason for e in run.endpointer.source_ended()] == [Reason.SOURCE_ENDED]


def test_a_verdict_on_a_pause_before_the_split_changes_nothing():
    run = Run(max_part=10.0).feed("S" * 300 + "....").feed("S" * 20)
    run.judge(True, generation=1).feed("..").judge(True, generation=2)
    assert silence_until_end(run) == 16


def test_a_television_is_ended_some_time():
    run = Run(max_part=20.0, max_utterance=120.0, pre_roll=0.0).feed(("S" * 60 + "...") * 63)
    reasons = [e.reason for e in run.events if e.kind is Kind.END]
    assert reasons == [Reason.MAX_LENGTH]
    assert ends(run)[0].audio_end_ns == [e for e in run.events if e.kind is Kind.START][1].audio_start_ns


def test_a_long_gap_ends_the_utterance_where_the_audio_stopped():
    run = Run().feed("S" * 20).skip(40).feed("." * 5)
    assert run.kinds == ["START", "END"]
    assert ends(run)[0].reason is Reason.SOURCE_ENDED
    assert run.frames(ends(run)[0].audio_end_ns) == 20


def test_after_a_gap_the_pre_roll_stays_on_this_side_of_it():
    run = Run(pre_roll=1.0).feed("." * 20).skip(40).feed("..SS")
    assert run.frames(run.events[0].audio_start_ns) == 60


def test_a_short_gap_counts_as_time_of_silence():
    run = Run(min_silence=0.55).feed("S" * 20).skip(16).feed("..")
    assert run.kinds == ["START", "PAUSE", "END"]


def test_a_source_that_ends_is_told_once():
    run = Run().feed("S" * 20)
    assert [e.reason for e in run.endpointer.source_ended()] == [Reason.SOURCE_ENDED]
    assert run.endpointer.source_ended() == []


def test_a_source_that_ends_in_a_click_is_a_false_start():
    run = Run().feed("SSS")
    assert [e.reason for e in run.endpointer.source_ended()] == [Reason.TOO_SHORT]


def test_time_that_jumps_back_ends_the_utterance_and_listening_goes_on():
    run = Run().feed("S" * 20)
    run.frame = -100_000
    run.feed("." * 3 + "S" * 10 + "." * 20)
    assert run.kinds == ["START", "END", "START", "PAUSE", "END"]


def test_the_level_is_that_of_the_speech_alone():
    run = Run().feed("." * 50, QUIET).feed("S" * 20, 1e-2).feed("." * 20, QUIET)
    assert [e.level_dbfs for e in run.events] == pytest.approx([-20.0] * 3)


def test_ids_do_not_repeat_across_runs():
    ids = set()
    for _ in range(3):
        endpointer = Endpointer()
        for i in range(3):
            ids |= {e.utterance_id for e in endpointer.push(T0 + i * FRAME_NS, 0.9, LOUD)}
    assert len(ids) == 3


# -- verdicts; with the defaults: pause after 2 frames, complete 7 (0.2 s), nothing known 18 (0.55 s), incomplete 38 (1.2 s)
def silence_until_end(run, most=100):
    """Frames of silence from now to END."""
    for count in range(1, most):
        run.feed(".")
        if ends(run):
            return count
    return None


@pytest.mark.parametrize(("complete", "frames"), [(True, 7), (None, 18), (False, 38)])
def test_a_verdict_sets_the_silence_that_ends(complete, frames):
    run = Run().feed("S" * 10 + "..").judge(complete)
    assert silence_until_end(run) == frames - 2
    assert ends(run)[0].reason is (Reason.COMPLETE if complete else Reason.SILENCE)


def test_a_pause_comes_after_two_frames_with_all_audio_there_is():
    run = Run().feed("S" * 10 + "..")
    assert run.kinds == ["START", "PAUSE"]
    assert run.frames(run.events[-1].audio_end_ns) == 12


def test_the_audio_of_a_complete_turn_ends_with_the_post_roll():
    run = Run(post_roll=0.128).feed("S" * 10 + "..").judge(True).feed("." * 5)
    assert run.frames(ends(run)[0].speech_end_ns) == 10
    assert run.frames(ends(run)[0].audio_end_ns) == 14


def test_complete_that_comes_late_ends_at_once():
    run = Run().feed("S" * 10 + "." * 12).judge(True)
    assert ends(run)[0].reason is Reason.COMPLETE
    assert run.endpointer.open is False
    assert run.feed("." * 60).kinds == ["START", "PAUSE", "END"]


def test_complete_after_the_end_is_too_late():
    run = Run().feed("S" * 10 + "." * 18)
    assert ends(run)[0].reason is Reason.SILENCE
    assert run.judge(True).kinds == ["START", "PAUSE", "END"]


def test_incomplete_lasts_to_the_cap_and_no_longer():
    run = Run(incomplete_silence=1.0).feed("S" * 10 + "..").judge(False)
    assert silence_until_end(run) == 32 - 2


def test_a_second_verdict_replaces_the_first():
    run = Run().feed("S" * 10 + "..").judge(False).feed("." * 20).judge(True)
    assert ends(run)[0].reason is Reason.COMPLETE
    run = Run().feed("S" * 10 + "..").judge(True).judge(False)
    assert silence_until_end(run) == 36


def test_going_on_after_complete_makes_one_utterance():
    run = Run().feed("S" * 10 + "..").judge(True).feed("...." + "S" * 10 + "." * 17)
    assert run.kinds == [
        "START",
        "PAUSE",
        "RESUME",
        "PAUSE",
    ]  # the verdict on the first pause says nothing of the second
    assert run.feed(".").kinds[-1] == "END"
    assert ends(run)[0].reason is Reason.SILENCE


@pytest.mark.parametrize(
    ("generation", "utterance"), [(1, "run-00000"), (2, "run-00000"), (3, "run-00001"), (4, "run-00000")]
)
def test_a_verdict_on_another_pause_changes_nothing(generation, utterance):
    run = Run().feed("S" * 10 + "..." + "S" * 10 + "..").judge(True, generation, utterance)
    assert silence_until_end(run) == 16


def test_a_verdict_while_somebody_speaks_changes_nothing():
    run = Run().feed("S" * 10 + "..." + "S" * 5).judge(True)
    assert run.kinds == ["START", "PAUSE", "RESUME"]
    assert silence_until_end(run.feed("..")) == 16


def test_a_verdict_in_silence_changes_nothing():
    assert Run().judge(True, 0).feed("...").judge(True, 0).events == []


def test_a_click_that_is_called_complete_is_still_a_false_start():
    run = Run().feed("SS..").judge(True).feed("." * 5)
    assert ends(run)[0].reason is Reason.TOO_SHORT
