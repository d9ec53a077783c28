"""What is prepared, for whom it stops, and that a goal never waits for work it does not want."""

import threading

import numpy as np
import pytest

from patience import PATIENCE_S, ended
from voice_fakes import RATE, FakeSynthesizer
from voice_pipeline.tts.backstage import Backstage
from voice_pipeline.tts.maker import Maker
from voice_pipeline.tts.prepared import CAPACITY
from voice_pipeline.tts.protocol import Cancellation, Cancelled
from voice_pipeline.tts.shelf import Shelf
from voice_pipeline.tts.sounds import Sounds
from voice_pipeline.tts.speaker import Speaker
from voice_pipeline.tts.words import Words

NOW, NEXT = ("t1", 1), ("t1", 2)


def words(text):
    return Words(text, "anna", 1.0)


class HeldVoice(FakeSynthesizer):
    """Begins a piece, says so, and ends it when it is let go on."""

    def __init__(self):
        super().__init__()
        self.begun = []
        self.stopped = []
        self.at_work = threading.Event()
        self.gave_up = threading.Event()

    def synthesize(self, text, voice, speed, cancellation):
        self.begun.append(text)
        self.at_work.set()
        try:
            yield from super().synthesize(text, voice, speed, cancellation)
        except Cancelled:
            self.stopped.append(text)
            self.gave_up.set()
            raise


class Bench:
    def __init__(self, shelf=None):
        self.voice = HeldVoice()
        self.errors = []
        self.clock_ns = 0
        maker, self.sounds = Maker(self.voice, {}), Sounds(4, shelf)
        self.backstage = Backstage(maker, self.sounds, lambda: None, self.errors.append, self.now_ns)
        self.speaker = Speaker(maker, self.sounds, self.backstage, self.now_ns)
        self.threads = []

    def now_ns(self):
        self.clock_ns += 1
        return self.clock_ns

    def prepare(self, *texts, order=NOW):
        for text in texts:
            self.backstage.prepare(words(text), order)

    def hold(self):
        self.voice.hold = threading.Event()
        self.voice.at_work.clear()

    def in_background(self, call):
        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        self.threads.append(thread)
        return thread

    def working(self):
        """The backstage is inside a piece now."""
        self.hold()
        self.in_background(self.backstage.work)
        assert self.voice.at_work.wait(PATIENCE_S)

    def say(self, text, order=NOW, cancellation=None):
        self.backstage.goal_came(words(text), order)
        try:
            pieces = self.speaker.cut(words(text))
            return list(self.speaker.speak(pieces, cancellation or Cancellation()))
        finally:
            self.backstage.goal_over()

    def done(self):
        self.voice.hold.set()
        for thread in self.threads:
            assert ended(thread)
        self.voice.hold = None

    @property
    def made(self):
        return [said[0] for said in self.voice.said]

    def figure(self, name):
        return self.backstage.figures()[name]


@pytest.fixture
def bench():
    return Bench()


LONG = "The sky is blue because air scatters short wavelengths more than long ones, and the sun is white."


def test_a_goal_plays_what_was_prepared_exactly_as_if_it_had_made_it(bench):
    bench.prepare(LONG)
    bench.backstage.work()
    made = list(bench.made)
    assert len(made) > 1
    sound = np.concatenate([s.samples for s in bench.say(LONG)])
    assert bench.made == made  # nothing was made again
    assert np.array_equal(sound, np.concatenate([s.samples for s in Bench().say(LONG)]))
    assert bench.figure("prepared_hits") == 1


def test_the_stamps_of_prepared_sound_are_those_of_its_making(bench):
    bench.prepare("Sure, I can tell you.")
    bench.backstage.work()
    asked = bench.now_ns()
    pieces = bench.speaker.cut(words("Sure, I can tell you."))
    sound = next(bench.speaker.speak(pieces, Cancellation()))
    assert 0 < bench.speaker.begun_ns(pieces) < sound.made_ns < asked


def test_other_voices_and_speeds_are_not_what_was_prepared(bench):
    bench.prepare("Hello there, my friend.")
    bench.backstage.work()
    assert bench.backstage.claim(Words("Hello there, my friend.", "bert", 1.0), Cancellation()) is None
    assert bench.backstage.claim(Words("Hello there, my friend.", "anna", 1.1), Cancellation()) is None


def test_a_goal_goes_on_with_the_synthesis_of_its_own_words(bench):
    bench.prepare("Sure, I can tell you.")
    bench.working()
    heard = []
    bench.in_background(lambda: heard.extend(bench.say("Sure, I can tell you.")))
    bench.done()
    assert bench.voice.begun == bench.made == ["Sure, I can tell you."]
    assert sum(s.characters for s in heard) == len("Sure, I can tell you.")
    assert bench.figure("prepared_hits") == 1


def test_a_goal_ends_work_that_it_does_not_want_and_another_turns_is_forgotten(bench):
    bench.prepare("Never said by anybody.", "Nor is this one ever.")
    bench.working()
    bench.voice.hold.set()  # for what comes next; the piece that runs sees the cancellation first
    bench.voice.hold = None
    bench.say("What really matters.", order=("t2", 9))
    bench.voice.hold = threading.Event()
    bench.done()
    bench.backstage.work()
    assert "Nor is this one ever." not in bench.made
    assert bench.figure("prepared_dropped") == 2


def test_the_goals_own_turn_goes_on_behind_it(bench):
    bench.prepare("The second clause of it.")
    bench.working()
    bench.in_background(lambda: bench.say("The first one, unprepared."))
    assert bench.voice.gave_up.wait(PATIENCE_S)
    bench.done()
    bench.backstage.work()
    assert bench.voice.stopped == ["The second clause of it."]
    assert bench.made == ["The first one, unprepared.", "The second clause of it."]
    assert bench.figure("prepared_dropped") == 0


def test_a_goal_with_prepared_words_does_not_disturb_the_clause_behind_it(bench):
    bench.prepare("The first clause of it.")
    bench.backstage.work()
    bench.prepare("The second clause of it.")
    bench.working()
    assert bench.say("The first clause of it.")  # at once, while the second is being made
    bench.done()
    assert bench.voice.stopped == []
    assert bench.made == ["The first clause of it.", "The second clause of it."]


def test_nothing_is_begun_while_a_goal_is_under_way(bench):
    bench.prepare("The second clause of it.")
    bench.backstage.goal_came(words("The first one, unprepared."), NOW)
    bench.backstage.work()
    assert bench.made == []
    bench.backstage.goal_over()
    bench.backstage.work()
    assert bench.made == ["The second clause of it."]


def test_a_newer_generation_ends_the_work_of_the_older(bench):
    bench.prepare("An answer to half a question.", "And more of that answer.")
    bench.working()
    bench.prepare("The answer to all of it.", order=NEXT)
    bench.done()
    bench.backstage.work()
    assert bench.voice.stopped == ["An answer to half a question."]
    assert bench.made == ["The answer to all of it."]
    assert bench.figure("prepared_dropped") == 2


def test_a_newer_generation_with_the_same_words_goes_on_with_them(bench):
    bench.prepare("The same answer both times.")
    bench.working()
    bench.prepare("The same answer both times.", order=NEXT)
    bench.done()
    assert (bench.voice.begun, bench.voice.stopped) == (["The same answer both times."], [])


def test_sound_of_an_older_generation_is_found_while_there_is_room(bench):
    bench.prepare("The same answer both times.")
    bench.backstage.work()
    bench.prepare("Another answer, in between.", order=NEXT)
    bench.backstage.work()
    bench.say("The same answer both times.", order=("t1", 3))
    assert bench.made.count("The same answer both times.") == 1


def test_an_empty_text_gives_up_what_was_asked_for_but_not_stock(bench):
    bench.backstage.keep(words("Just a moment, please."))
    bench.prepare("Never said by anybody.")
    bench.working()
    bench.backstage.give_up()
    bench.done()
    bench.backstage.work()
    assert bench.voice.stopped == ["Never said by anybody."]
    assert bench.made == ["Just a moment, please."]


def test_a_goal_that_is_cancelled_while_it_waits_ends_at_once_and_so_does_the_work(bench):
    bench.prepare("Sure, I can tell you.")
    bench.working()
    cancellation, cancelled = Cancellation(), []

    def goal():
        try:
            bench.say("Sure, I can tell you.", cancellation=cancellation)
        except Cancelled:
            cancelled.append(True)

    thread = bench.in_background(goal)
    cancellation.set()
    assert ended(thread)
    assert cancelled == [True]
    bench.done()
    assert bench.made == []


def test_more_clauses_than_there_is_room_for_leave_the_first_ones(bench):
    texts = [f"This is clause number {n} of it." for n in "abcdefghijkl"]
    bench.prepare(*texts)
    bench.backstage.work()
    assert bench.made == texts[:CAPACITY]
    assert bench.figure("prepared_dropped") == len(texts) - CAPACITY


def test_stock_gives_way_to_what_is_prepared_and_is_made_afterwards(bench):
    bench.backstage.keep(words("Just a moment, please."))
    bench.working()
    bench.prepare("An answer, of all things.")
    bench.done()
    bench.backstage.work()
    assert bench.voice.stopped == ["Just a moment, please."]
    assert bench.made == ["An answer, of all things.", "Just a moment, please."]
    assert bench.figure("stock") == 1


def test_stock_gives_way_to_a_goal_and_is_made_afterwards(bench):
    bench.backstage.keep(words("Just a moment, please."))
    bench.working()
    hold, bench.voice.hold = bench.voice.hold, None
    bench.say("An answer, of all things.")
    bench.voice.hold = hold
    bench.done()
    bench.backstage.work()
    assert bench.made == ["An answer, of all things.", "Just a moment, please."]


def test_the_next_start_has_the_stock_without_making_it(tmp_path):
    for expected in (["Just a moment, please."], []):
        bench = Bench(Shelf(tmp_path, "fake", RATE))
        bench.backstage.keep(words("Just a moment, please."))
        bench.backstage.work()
        assert bench.made == expected
        assert bench.figure("stock") == 1
        bench.say("Just a moment, please.")
        assert bench.made == expected


def test_a_phrase_that_fails_is_told_once_and_the_others_are_made(bench):
    bench.voice.fail_with = "out of phonemes."
    bench.prepare("An answer, of all things.")
    bench.backstage.keep(words("Just a moment, please."))
    bench.backstage.work()
    assert len(bench.errors) == 2
    bench.voice.fail_with = None
    bench.backstage.keep(words("One more of them here."))
    bench.backstage.work()
    assert bench.made == ["One more of them here."]


def test_stopping_ends_the_work_and_starting_takes_it_up(bench):
    bench.backstage.keep(words("Just a moment, please."))
    bench.working()
    bench.backstage.stop()
    bench.done()
    bench.backstage.work()
    assert bench.made == []
    bench.backstage.start()
    bench.backstage.work()
    assert bench.made == ["Just a moment, please."]
