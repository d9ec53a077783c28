"""audio_player where ROS time is simulated: sound is real, and so are its times (see ros/stamps.py)."""

import time

from test_audio_player_node import RATE, Bench
from voice_pipeline.msg import PlaybackState

from voice_fakes import tone
from voice_pipeline.ros.stamps import to_ns


def test_what_is_told_of_playback_carries_the_time_of_the_sound(ros):
    begun = time.time_ns()
    bench = Bench(ros, use_sim_time=True)
    bench.say("a", tone(0.3, RATE))
    state = bench.wait_for(PlaybackState.PLAYING, "a")
    assert begun <= to_ns(state.header.stamp) <= time.time_ns()
    assert begun <= to_ns(state.first_sample) <= time.time_ns() + 1_000_000_000
