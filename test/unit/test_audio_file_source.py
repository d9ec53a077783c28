"""The file source plays like a microphone: paced, evenly stamped, with silences, requests, loop and an end."""

import threading

import numpy as np
import pytest
import soundfile

from patience import ended
from voice_pipeline.audio.sources.file import FileSource
from voice_pipeline.audio.sources.playlist import PlaylistOptions
from voice_pipeline.errors import VoiceError

NO_SILENCE = PlaylistOptions(gap_s=0.0, silence_before_s=0.0, silence_after_s=0.0)


class HeldClock:
    """Time passes only when somebody waits for it."""

    def __init__(self):
        self.now = 5_000_000_000
        self.stall_ns = 0

    def wall_ns(self):
        return self.now + 1_700_000_000_000_000_000

    def monotonic_ns(self):
        return self.now

    def wait_until(self, deadline_ns, stop):
        self.now = max(self.now, deadline_ns) + self.stall_ns
        self.stall_ns = 0
        return stop.is_set()


@pytest.fixture
def wav(tmp_path):
    def write(name, seconds, value=1000):
        path = tmp_path / name
        soundfile.write(path, np.full(int(seconds * 16_000), value, np.int16), 16_000, subtype="PCM_16")
        return str(path)

    return write


def take(source, count):
    return [chunk for chunk, _ in zip(source.chunks(), range(count), strict=False)]


def test_chunks_come_at_the_pace_of_real_time_and_never_early(wav):
    clock = HeldClock()
    source = FileSource([wav("a.wav", 3.2)], NO_SILENCE, clock=clock)
    began = clock.now
    stamps = []
    for index, chunk in enumerate(source.chunks(), 1):
        assert clock.now - began == index * 32_000_000
        stamps.append(chunk.stamp_ns)
        if index == 100:
            break
    assert stamps == [began + 1_700_000_000_000_000_000 + i * 32_000_000 for i in range(100)]


def test_a_short_stall_is_caught_up_and_the_stamps_stay_even(wav):
    clock = HeldClock()
    source = FileSource([wav("a.wav", 3.2)], NO_SILENCE, clock=clock)
    chunks = iter(source.chunks())
    began = clock.now
    first = next(chunks)
    clock.stall_ns = 500_000_000
    rest = [next(chunks) for _ in range(20)]
    assert clock.now - began == 21 * 32_000_000
    assert rest[-1].stamp_ns - first.stamp_ns == 20 * 32_000_000
    assert source.counters.gaps == 0


def test_a_suspended_machine_leaves_a_gap_that_is_counted(wav):
    clock = HeldClock()
    source = FileSource([wav("a.wav", 3.2)], NO_SILENCE, clock=clock)
    chunks = iter(source.chunks())
    first = next(chunks)
    clock.stall_ns = 60_000_000_000
    rest = [next(chunks) for _ in range(3)]
    assert source.counters.gaps == 1
    assert rest[-1].stamp_ns - first.stamp_ns == 60_000_000_000 + 3 * 32_000_000


def test_silence_before_between_and_after_then_the_end(wav):
    options = PlaylistOptions(gap_s=0.064, silence_before_s=0.032, silence_after_s=0.096)
    source = FileSource([wav("a.wav", 0.032, 1), wav("b.wav", 0.032, 2)], options, keep_open=False, clock=HeldClock())
    assert [int(c.samples.max()) for c in source.chunks()] == [0, 1, 0, 0, 2, 0, 0, 0]


def test_a_kept_open_source_goes_on_with_silence(wav):
    source = FileSource([wav("a.wav", 0.032)], NO_SILENCE, clock=HeldClock())
    assert [int(c.samples.max()) for c in take(source, 50)] == [1000] + [0] * 49


def test_a_source_without_files_is_a_silent_microphone():
    assert not any(c.samples.any() for c in take(FileSource([], clock=HeldClock()), 20))


def test_the_start_of_each_file_is_told_with_the_times_of_its_samples(wav):
    told = []
    options = PlaylistOptions(gap_s=0.5, silence_before_s=0.1, silence_after_s=0.25)
    paths = [wav("a.wav", 1.0), wav("b.wav", 0.3)]
    source = FileSource(paths, options, on_file=told.append, clock=HeldClock())
    chunks = take(source, 100)
    begin = chunks[0].stamp_ns
    times = [(t.path, t.index, (t.first_sample_ns - begin) / 1e9, (t.last_sample_ns - begin) / 1e9) for t in told]
    step = 1 / 16_000
    assert times == [
        (paths[0], 0, pytest.approx(0.1), pytest.approx(1.1 - step, abs=1e-8)),
        (paths[1], 1, pytest.approx(1.6), pytest.approx(1.9 - step, abs=1e-8)),
        ("", -1, pytest.approx(2.15), pytest.approx(2.15)),
    ]
    audio = np.concatenate([c.samples for c in chunks])
    assert np.array_equal(np.flatnonzero(np.diff(audio.astype(bool))) + 1, [1600, 17_600, 25_600, 30_400])


def test_a_loop_plays_again_and_counts_on(wav):
    told = []
    options = PlaylistOptions(0.0, 0.0, 0.032, loop=True)
    source = FileSource([wav("a.wav", 0.064)], options, on_file=told.append, clock=HeldClock())
    take(source, 20)
    assert [t.index for t in told][:4] == [0, 1, 2, 3]


def test_a_loop_of_files_that_vanished_does_not_spin(wav, tmp_path):
    problems = []
    source = FileSource(
        [wav("a.wav", 0.032)], PlaylistOptions(loop=True), on_problem=problems.append, clock=HeldClock()
    )
    (tmp_path / "a.wav").unlink()
    assert not any(c.samples.any() for c in take(source, 100))
    assert len(problems) == 1


def test_a_held_source_waits_for_start(wav):
    source = FileSource([wav("a.wav", 0.032)], NO_SILENCE, hold=True, keep_open=False, clock=HeldClock())
    chunks = iter(source.chunks())
    assert not any(next(chunks).samples.any() for _ in range(30))
    source.start()
    assert [c.samples.any() for c in chunks] == [True]


def test_a_request_plays_at_once_in_a_silence_and_after_what_is_playing(wav):
    told = []
    source = FileSource([wav("list.wav", 0.32, 3)], NO_SILENCE, on_file=told.append, clock=HeldClock())
    chunks = iter(source.chunks())
    next(chunks)
    source.request(wav("asked.wav", 0.032, 7))
    assert [int(next(chunks).samples.max()) for _ in range(12)] == [3] * 9 + [7, 0, 0]
    source.request(wav("again.wav", 0.032, 9))
    assert int(next(chunks).samples.max()) == 9
    next(chunks)
    assert [t.index for t in told] == [0, 1, -1, 2, -1]


def test_a_request_that_cannot_be_played_is_told_and_the_source_lives_on(wav):
    problems = []
    source = FileSource([], on_problem=problems.append, clock=HeldClock())
    chunks = iter(source.chunks())
    next(chunks)
    source.request("/nowhere/x.wav")
    source.request(wav("good.wav", 0.032))
    assert next(chunks).samples.any()
    assert "no file /nowhere/x.wav" in str(problems[0])


def test_open_refuses_a_list_with_a_missing_file(wav):
    with pytest.raises(VoiceError, match="missing"):
        FileSource([wav("a.wav", 0.1), "/missing.wav"]).open()


def test_close_ends_a_source_on_the_real_clock_at_once():
    source = FileSource([])
    thread = threading.Thread(target=lambda: list(source.chunks()))
    thread.start()
    source.close()
    assert ended(thread)
