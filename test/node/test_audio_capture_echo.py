"""audio_capture in a room with a loudspeaker: `audio` holds the person and not the robot, its stamps stay even, and
nothing that is wrong with `playback/audio` stops it."""

import sys
import time

import numpy as np
import pytest
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray

from voice_pipeline.audio.formats import from_bytes, samples_to_ns, to_bytes
from voice_pipeline.nodes.audio_capture import AudioCaptureNode
from voice_pipeline.ros.qos import AUDIO, LATCHED
from voice_pipeline.ros.stamps import to_msg, to_ns

RATE, PLAYED = 16_000, 24_000
DELAY_S = 0.08


def voice(seconds, rate, seed):
    """Noise with the spectrum and the syllables of speech, int16[n]."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    hz = np.fft.rfftfreq(n, 1 / rate)
    spectrum = np.fft.rfft(rng.normal(size=n)) / (1.0 + (hz / 700.0) ** 1.5) * (hz > 100) * (hz < 7_000)
    signal = np.fft.irfft(spectrum, n)
    loud = np.clip(np.interp(np.arange(n) * 10 / rate, np.arange(100), rng.normal(0.6, 0.7, 100)), 0, 2)
    return np.rint(2_500 * signal / signal.std() * loud).astype(np.int16)


class Room:
    """Publishes an answer as a player does, and what a microphone would hear of it and of a person.

    Stream time: each step is 20 ms of it, however long the machine takes; the stamps say when.
    """

    def __init__(self, ros, node):
        peer = ros.peer()
        self.ros, self.node = ros, node
        self.played = peer.publisher(AudioDataStamped, "playback/audio", AUDIO)
        peer.publisher(AudioInfo, "playback/audio_info", LATCHED).publish(
            AudioInfo(channels=1, sample_rate=PLAYED, sample_format="S16LE")
        )
        self.raw = peer.publisher(AudioDataStamped, "audio_raw", AUDIO)
        peer.publisher(AudioInfo, "audio_raw_info", LATCHED, 2).publish(
            AudioInfo(channels=1, sample_rate=RATE, sample_format="S16LE")
        )
        self.begin_ns = time.time_ns()

    def play(self, answer, near=None, echo=0.3):
        """`answer` int16[n] at 24 kHz is played and heard; `near` int16[m] at 16 kHz talks over it."""
        at_16k = np.interp(np.arange(len(answer) * 2 // 3) * 1.5, np.arange(len(answer)), answer)
        heard = np.random.default_rng(0).normal(0, 3, len(at_16k) + RATE)
        shift = int(DELAY_S * RATE)
        heard[shift : shift + len(at_16k)] += echo * at_16k
        if near is not None:
            heard[: len(near)] += near[: len(heard)]
        self.sent = np.clip(np.rint(heard), -32_768, 32_767).astype(np.int16)
        block, step = PLAYED // 50, RATE // 50
        before = self.node._chunks
        for k in range(len(self.sent) // step):
            stamp = self.begin_ns + samples_to_ns(k * step)
            piece = answer[k * block : (k + 1) * block]
            if len(piece):
                send(self.played, piece, stamp)
                self.ros.settle(self.node, messages=1)  # it is told before it is heard
            send(self.raw, self.sent[k * step : (k + 1) * step], stamp)
            heard = before + (k + 1) * step // 512 - 1
            self.ros.wait(lambda heard=heard: self.node._chunks >= heard, what=f"{heard} chunks to be heard")


def send(publisher, samples, stamp_ns):
    message = AudioDataStamped(audio=AudioData(data=to_bytes(samples)))
    message.header.stamp = to_msg(stamp_ns)
    publisher.publish(message)


def listen(ros, peer, audio, room):
    """All of `audio`, joined, once it holds what was sent; its stamps checked."""
    whole = len(room.sent) // 512 - 1
    ros.wait(lambda: len(audio) >= whole, what=f"{whole} chunks")
    stamps = np.array([to_ns(m.header.stamp) for m in audio])
    assert np.abs(stamps - room.begin_ns - np.arange(len(stamps)) * 32_000_000).max() <= 1_000
    assert {len(m.audio.data) for m in audio} == {1_024}
    return np.concatenate([from_bytes(m.audio.data) for m in audio])


def power_db(samples):
    return 10 * np.log10(np.mean(samples.astype(float) ** 2) + 1e-9)


def start(ros, **params):
    node = ros.start(AudioCaptureNode, {"source": "topic", "echo_wait_s": 0.2, **params})
    peer = ros.peer()
    return node, peer, peer.record(AudioDataStamped, "audio", AUDIO), peer.record(DiagnosticArray, "/diagnostics")


def statuses(health):
    return [s for m in health for s in m.status if s.name == "audio_capture"]


def test_the_robots_voice_is_taken_out_and_the_persons_stays(ros):
    node, peer, audio, health = start(ros, echo="software")
    room = Room(ros, node)
    person = np.concatenate((np.zeros(6 * RATE, np.int16), voice(1.5, RATE, 5)))
    room.play(voice(9.0, PLAYED, 1), person)
    out = listen(ros, peer, audio, room)
    alone, both = slice(4 * RATE, 6 * RATE), slice(6 * RATE, 15 * RATE // 2)
    assert power_db(room.sent[alone]) - power_db(out[alone]) > 18.0
    kept = np.dot(out[both].astype(float), person[both]) / np.dot(person[both].astype(float), person[both])
    assert kept > 0.5
    assert power_db(out[both]) > power_db(out[alone]) + 15.0

    def told():
        values = {v.key: v.value for s in statuses(health)[-1:] for v in s.values}
        return values if values.get("echo_delay_ms", "unknown") != "unknown" else None

    values = ros.wait(told)
    assert float(values["echo_delay_ms"]) == pytest.approx(1_000 * DELAY_S, abs=3.0)
    assert float(values["echo_removed_db"]) > 0.0
    assert "echo_late_references" in values


def test_the_gate_gives_silence_while_the_robot_speaks_and_the_person_before_and_after(ros):
    node, peer, audio, _ = start(ros, echo="gate", echo_gate_tail_s=0.3)
    room = Room(ros, node)
    answer = np.concatenate((np.zeros(PLAYED, np.int16), np.full(PLAYED, 3_000, np.int16), np.zeros(PLAYED, np.int16)))
    room.play(answer, np.full(4 * RATE, 1_000, np.int16))
    out = listen(ros, peer, audio, room)
    assert not out[RATE + 1_600 : 9 * RATE // 4].any()
    assert (out[: RATE - 1_024] == room.sent[: RATE - 1_024]).all()
    after = slice(5 * RATE // 2, len(out))  # the last chunk may still be on its way
    assert (out[after] == room.sent[after]).all()


@pytest.mark.parametrize("echo", ["hardware", "off"])
def test_without_a_canceller_the_player_need_not_tell_what_it_plays(ros, echo):
    node, *_ = start(ros, echo=echo)
    assert node.count_subscribers("playback/audio") == 0


def test_without_a_player_audio_passes_unchanged_and_health_is_ok(ros):
    _, peer, audio, health = start(ros, echo="software")
    raw = peer.publisher(AudioDataStamped, "audio_raw", AUDIO)
    peer.publisher(AudioInfo, "audio_raw_info", LATCHED, 2).publish(
        AudioInfo(channels=1, sample_rate=RATE, sample_format="S16LE")
    )
    near, begin = voice(1.6, RATE, 2), time.time_ns()
    for k in range(50):
        send(raw, near[512 * k : 512 * (k + 1)], begin + 32_000_000 * k)
    ros.wait(lambda: len(audio) == 50)
    assert (np.concatenate([from_bytes(m.audio.data) for m in audio]) == near).all()
    ros.wait(lambda: [s for s in statuses(health) if s.message == "ok"])


@pytest.mark.parametrize(
    ("info", "data", "stamp", "told"),
    [
        (AudioInfo(channels=1, sample_rate=24_000, sample_format="S16LE"), b"abc", 1, "malformed"),
        (AudioInfo(channels=2, sample_rate=24_000, sample_format="S16LE"), b"ab", 1, "malformed"),
        (AudioInfo(channels=1, sample_rate=0, sample_format="S16LE"), b"abcd", 1, "at 0 Hz"),
        (AudioInfo(channels=1, sample_rate=4_000_000_000, sample_format="S16LE"), b"abcd", 1, "4000000000 Hz"),
        (AudioInfo(channels=1, sample_rate=24_000, sample_format="FLOAT32"), b"abcd", 1, "FLOAT32"),
        (AudioInfo(channels=1, sample_rate=24_000, sample_format="S16LE"), b"abcd", 0, "has no stamp"),
        (None, b"abcd", 1, "without its AudioInfo"),
    ],
)
def test_what_is_wrong_with_the_reference_is_told_and_survived(ros, info, data, stamp, told):
    node, peer, audio, health = start(ros, echo="software")
    played = peer.publisher(AudioDataStamped, "playback/audio", AUDIO)
    infos = peer.publisher(AudioInfo, "playback/audio_info", LATCHED)
    if info is not None:
        infos.publish(info)
        ros.wait(lambda: node._echo._format or node._echo._problem)
    message = AudioDataStamped(audio=AudioData(data=data))
    message.header.stamp = to_msg(stamp * time.time_ns())
    played.publish(message)
    ros.wait(lambda: [s for s in statuses(health) if told in s.message and "hear itself" in s.message])
    raw = peer.publisher(AudioDataStamped, "audio_raw", AUDIO)
    peer.publisher(AudioInfo, "audio_raw_info", LATCHED, 2).publish(
        AudioInfo(channels=1, sample_rate=RATE, sample_format="S16LE")
    )
    send(raw, voice(0.032, RATE, 1), time.time_ns())
    ros.wait(lambda: audio)


def test_a_reference_at_a_wrong_rate_costs_the_canceller_and_not_the_hearing(ros):
    node, peer, audio, _ = start(ros, echo="software", echo_wait_s=0.0)
    room = Room(ros, node)
    peer.publisher(AudioInfo, "playback/audio_info", LATCHED).publish(
        AudioInfo(channels=1, sample_rate=48_000, sample_format="S16LE")
    )
    room.play(voice(3.0, PLAYED, 1))
    listen(ros, peer, audio, room)


def test_without_the_cancellers_package_configuring_fails_with_the_cure(ros, monkeypatch):
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    node = ros.start(AudioCaptureNode, {"source": "topic", "echo": "software"}, wait=False)
    ros.wait(lambda: [s for s in statuses(health) if "pip install pywebrtc-audio" in s.message])
    assert not node.active
