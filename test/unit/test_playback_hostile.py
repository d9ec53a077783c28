"""The player with senders that do not keep to the rules, and with faults nobody thought of: it plays on."""

import numpy as np
import pytest

from patience import until
from voice_fakes import RATE, FakeSink, HeldClock, tone
from voice_pipeline.audio.formats import to_bytes
from voice_pipeline.audio.meter import State
from voice_pipeline.audio.playback import Player
from voice_pipeline.audio.playlist import Playlist
from voice_pipeline.audio.sinks.paced import NullSink
from voice_pipeline.audio.track import SpeechChunk
from voice_pipeline.errors import VoiceError

NS = 1_000_000_000


def chunk(sequence, samples, *, say_id="a", last=False, rate=RATE):
    return SpeechChunk(say_id, "turn", sequence, rate, 1, last, to_bytes(samples))


def add_all(playlist, chunks):
    for one in chunks:
        playlist.add(one, 0)


def test_a_chunk_behind_the_last_one_is_ignored():
    """Whoever sets is_last on every chunk: the resampler takes nothing after its end."""
    playlist = Playlist(RATE, 10.0)
    playlist.add(chunk(0, tone(0.1), last=True, rate=16_000), 0)
    before = playlist.seconds_queued
    playlist.add(chunk(1, tone(0.1), last=True, rate=16_000), 0)
    assert playlist.seconds_queued == before


def test_a_clause_that_never_ends_is_refused():
    playlist = Playlist(RATE, 10.0)
    minute = np.zeros(RATE * 60, np.int16)
    with pytest.raises(VoiceError, match="wait to be played"):
        add_all(playlist, (chunk(n, minute) for n in range(12)))


def test_a_clause_whose_beginning_never_came_is_refused_before_it_eats_the_memory():
    playlist = Playlist(RATE, 10.0)
    with pytest.raises(VoiceError, match="wait to be played"):
        add_all(playlist, (chunk(n, np.zeros(RATE, np.int16)) for n in range(1, 2_000)))


def test_a_lost_chunk_does_not_hold_up_those_that_keep_coming():
    playlist = Playlist(RATE, 10.0)
    played = 0
    for n in range(50):
        now = n * NS // 50
        if n != 2:
            playlist.add(chunk(n, np.full(RATE // 50, 5, np.int16)), now)
        block, _ = playlist.render(RATE // 50, now)
        played += np.count_nonzero(block)
    assert played > 0.8 * RATE


def test_a_fault_nobody_thought_of_is_told_and_the_player_plays_on():
    reports, blocks = [], []

    def on_audio(block, _):
        blocks.append(block)
        if len(blocks) == 1:
            raise RuntimeError("a bug")

    player = Player(NullSink(RATE), reports.append, on_audio)
    player.start()
    try:
        player.feed(chunk(0, tone(0.2), last=True))
        until(lambda: any(r.state is State.FAILED and "a bug" in r.detail for r in reports))
        until(lambda: not player.fault)
        player.feed(chunk(0, tone(0.2), say_id="b", last=True))
        until(lambda: any(r.state is State.FINISHED and r.say_id == "b" for r in reports))
    finally:
        player.stop()


def test_a_sink_that_fails_to_reopen_in_its_own_way_is_tried_again():
    clock = HeldClock()
    sink = FakeSink(clock)
    player = Player(sink, lambda _: None, clock=clock)
    usual = sink.open
    broken = [VoiceError("gone.", "Plug it in."), OSError("the driver hiccups")]

    def write(_):
        raise broken.pop(0)

    def reopen():
        if broken:
            raise broken.pop(0)
        usual()

    sink.write, sink.open = write, reopen
    player.feed(chunk(0, tone(0.2), last=True))
    player.step()
    for _ in range(2):
        clock.now_ns += 2 * NS
        player.step()
    assert not player.fault
