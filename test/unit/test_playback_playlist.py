"""What is played, in which order, and what becomes of chunks that are late, lost or broken."""

import numpy as np
import pytest

from voice_fakes import RATE, tone
from voice_pipeline.audio.formats import to_bytes
from voice_pipeline.audio.playlist import Playlist
from voice_pipeline.audio.track import SpeechChunk
from voice_pipeline.errors import VoiceError

MS = 1_000_000
BLOCK = 480


def chunk(say_id, sequence, samples, *, last=False, rate=RATE, channels=1, data=None):
    data = to_bytes(samples) if data is None else data
    return SpeechChunk(say_id, "turn", sequence, rate, channels, last, data)


def level(value, seconds=0.1):
    return np.full(round(seconds * RATE), value, np.int16)


def drain(playlist, blocks=100, now_ns=0):
    """Everything that is played, in one array."""
    return np.concatenate([playlist.render(BLOCK, now_ns)[0] for _ in range(blocks)])


@pytest.fixture
def playlist():
    return Playlist(RATE, 1.0)


def test_clauses_are_played_in_order_of_arrival_without_a_gap(playlist):
    playlist.add(chunk("a", 0, level(100)), 0)
    playlist.add(chunk("b", 0, level(200), last=True), 0)
    playlist.add(chunk("a", 1, level(101), last=True), 0)
    out = drain(playlist, 15)
    assert np.array_equal(out, np.concatenate((level(100), level(101), level(200))))
    assert [(t.say_id, t.written, d) for t, d in playlist.finished] == [("a", 4800, ""), ("b", 2400, "")]


def test_chunks_that_overtook_each_other_are_put_in_order(playlist):
    for sequence in (1, 0, 2):
        playlist.add(chunk("a", sequence, level(10 + sequence), last=sequence == 2), 0)
    assert np.array_equal(drain(playlist, 15), np.concatenate((level(10), level(11), level(12))))


def test_a_double_is_played_once(playlist):
    for sequence in (0, 0, 1, 1):
        playlist.add(chunk("a", sequence, level(10 + sequence), last=sequence == 1), 0)
    drain(playlist)
    assert playlist.finished[0][0].written == 4800


def test_a_lost_chunk_is_skipped_and_told(playlist):
    playlist.add(chunk("a", 0, level(10)), 0)
    playlist.add(chunk("a", 2, level(12), last=True), 0)
    assert np.count_nonzero(drain(playlist, 20, 10 * MS)) == 2400  # it may still come
    assert np.count_nonzero(drain(playlist, 20, 100 * MS)) == 2400
    assert "1 chunks lost" in playlist.finished[0][1]


def test_a_clause_whose_beginning_was_lost_is_played_from_what_came(playlist):
    playlist.add(chunk("a", 3, level(13), last=True), 0)
    assert np.count_nonzero(drain(playlist, 20, 100 * MS)) == 2400


def test_half_a_sample_is_dropped_and_told(playlist):
    playlist.add(chunk("a", 0, None, data=to_bytes(level(10)) + b"\x01"), 0)
    playlist.add(chunk("a", 1, level(11), last=True), 0)
    drain(playlist)
    assert playlist.finished[0][0].written == 4800
    assert "half a sample" in playlist.finished[0][1]


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (22_050, 1), (48_000, 1), (44_100, 2)])
def test_other_rates_and_channels_are_converted(playlist, rate, channels):
    seconds = 1.0
    mono = tone(seconds, rate)
    data = to_bytes(np.repeat(mono, channels))
    step = 2 * channels * 1000
    parts = [data[i : i + step] for i in range(0, len(data), step)]
    for i, part in enumerate(parts):
        playlist.add(chunk("a", i, None, data=part, rate=rate, channels=channels), 0)
    playlist.add(chunk("a", len(parts), None, data=b"", rate=rate, channels=channels, last=True), 0)
    out = drain(playlist)
    assert playlist.finished[0][0].written == pytest.approx(RATE * seconds, abs=3)
    spectrum = np.abs(np.fft.rfft(out[:RATE].astype(float)))
    assert np.argmax(spectrum) == pytest.approx(220, abs=1)


@pytest.mark.parametrize(("rate", "channels"), [(0, 1), (1_000_000, 1), (24_000, 0)])
def test_a_format_no_sound_has_is_an_error(playlist, rate, channels):
    with pytest.raises(VoiceError, match="cannot be played"):
        playlist.add(chunk("a", 0, level(1), rate=rate, channels=channels), 0)


def test_a_clause_without_an_end_ends_after_the_timeout(playlist):
    playlist.add(chunk("a", 0, level(10)), 0)
    drain(playlist, 20, 900 * MS)
    assert not playlist.finished
    assert playlist.underruns == 1
    drain(playlist, 1, 1100 * MS)
    assert "last chunk did not come" in playlist.finished[0][1]


def test_running_dry_inside_a_clause_counts_once_each_time(playlist):
    playlist.add(chunk("a", 0, level(10)), 0)
    drain(playlist, 20)
    playlist.add(chunk("a", 1, level(11)), 0)
    drain(playlist, 20)
    playlist.add(chunk("a", 2, level(12), last=True), 0)
    drain(playlist, 20)
    assert playlist.underruns == 2
    drain(playlist, 20)
    assert playlist.underruns == 2  # silence between clauses is none


def test_flush_fades_out_what_plays_and_drops_its_rest(playlist):
    playlist.add(chunk("a", 0, level(1000, 1.0)), 0)
    playlist.add(chunk("b", 0, level(7), last=True), 0)
    playlist.render(BLOCK, 0)
    playlist.flush("a")
    out = drain(playlist, 10)
    assert np.max(np.abs(np.diff(out[:240].astype(int)))) < 20  # a fade, no step
    assert np.count_nonzero(out == 7) == 2400  # the next clause follows at once
    assert [(t.say_id, t.written) for t in playlist.flushed] == [("a", BLOCK + 240)]
    playlist.add(chunk("a", 1, level(1000), last=True), 0)
    assert not drain(playlist).any()  # chunks of it that come late are dropped


def test_flush_of_one_that_waits_leaves_the_other(playlist):
    playlist.add(chunk("a", 0, level(5), last=True), 0)
    playlist.add(chunk("b", 0, level(7), last=True), 0)
    playlist.render(BLOCK, 0)
    playlist.flush("b")
    assert set(drain(playlist)) == {0, 5}
    assert [(t.say_id, t.written) for t in playlist.flushed] == [("b", 0)]


def test_flush_of_everything(playlist):
    for name in "abc":
        playlist.add(chunk(name, 0, level(5), last=True), 0)
    playlist.render(BLOCK, 0)
    playlist.flush("")
    drain(playlist, 2)
    assert sorted(t.say_id for t in playlist.flushed) == ["a", "b", "c"]
    assert playlist.current is None


def test_flush_before_the_first_chunk_came_is_remembered(playlist):
    playlist.flush("a")
    assert [t.say_id for t in playlist.flushed] == ["a"]
    playlist.add(chunk("a", 0, level(5), last=True), 0)
    assert not drain(playlist).any()


def test_pause_holds_and_resume_goes_on_without_losing_a_sample(playlist):
    ramp = np.arange(9600, dtype=np.int16)
    playlist.add(chunk("a", 0, ramp, last=True), 0)
    playlist.render(BLOCK, 0)
    playlist.pause()
    drain(playlist, 50)
    assert not playlist.finished
    playlist.resume()
    out = drain(playlist, 30)
    assert np.flatnonzero(out == 2000).size == 1
    assert playlist.finished[0][0].written == 9600
    assert playlist.underruns == 0


def clicks(out):
    return np.max(np.abs(np.diff(out.astype(int)))) > 1000 / 240 + 2


def test_a_pause_right_after_resume_makes_no_click(playlist):
    playlist.add(chunk("a", 0, level(1000, 1.0)), 0)
    playlist.render(BLOCK, 0)
    playlist.pause()
    quiet = [playlist.render(BLOCK, 0)[0]]
    playlist.resume()
    playlist.pause()
    quiet.append(playlist.render(BLOCK, 0)[0])
    assert not clicks(np.concatenate(quiet))
    playlist.resume()
    quiet.append(drain(playlist, 5))
    assert not clicks(np.concatenate(quiet))


def test_a_flush_right_after_resume_makes_no_click_and_leaves_the_next_clause_whole(playlist):
    playlist.add(chunk("a", 0, level(1000, 1.0)), 0)
    playlist.render(BLOCK, 0)
    playlist.pause()
    playlist.render(BLOCK, 0)
    playlist.resume()
    playlist.flush("a")
    assert not playlist.render(BLOCK, 0)[0].any()
    playlist.add(chunk("b", 0, level(7), last=True), 0)
    assert np.count_nonzero(drain(playlist) == 7) == 2400


def test_a_pause_ends_with_what_it_held(playlist):
    playlist.add(chunk("a", 0, level(5, 1.0)), 0)
    playlist.render(BLOCK, 0)
    playlist.pause()
    drain(playlist, 2)
    playlist.flush("a")
    playlist.add(chunk("b", 0, level(7), last=True), 0)
    assert np.count_nonzero(drain(playlist) == 7) == 2400


def test_a_sender_gone_wild_is_refused(playlist):
    playlist.add(chunk("a", 0, np.zeros(RATE * 601, np.int16), last=True), 0)
    with pytest.raises(VoiceError, match="wait to be played"):
        playlist.add(chunk("b", 0, level(1)), 0)
