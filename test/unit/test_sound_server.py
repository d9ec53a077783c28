"""Microphones and loudspeakers on a real PulseAudio: pitch, channels, unplugging, similar names, a server that restarts."""

import os
import threading
import time

import numpy as np
import psutil
import pytest
import soundfile

from patience import PATIENCE_S, until
from sound_server import start_sound_server
from voice_pipeline.audio.clock import SystemClock
from voice_pipeline.audio.devices import INPUT, OUTPUT, find_device
from voice_pipeline.audio.formats import NS, SAMPLE_RATE, AudioFormat
from voice_pipeline.audio.microphone_watch import MicrophoneWatch, WatchLimits
from voice_pipeline.audio.sinks.pulse import PulseSink
from voice_pipeline.audio.sources.device import Microphone, device_source
from voice_pipeline.audio.sources.reopening import ReopeningSource
from voice_pipeline.audio.systems import choose_system, list_devices
from voice_pipeline.errors import VoiceError

CYCLES = 20


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    server = start_sound_server(tmp_path_factory.mktemp("sound"))
    yield server
    server.stop()


@pytest.fixture
def server(running, monkeypatch):
    """The server with nothing plugged in; who does not hear from it for seconds goes on waiting, as the tests do."""
    monkeypatch.setenv("PULSE_SERVER", running.address)
    for limit in ("sources.pulse._TIMEOUT_S", "sinks.pulse._STALLED_S", "pulse._ANSWER_S"):
        monkeypatch.setattr(f"voice_pipeline.audio.{limit}", PATIENCE_S)
    plug = running.plug

    def plug_quick(module, **options):
        """A null sink mixes 2 s ahead and is silent as long; with this it is as quick as a card."""
        return plug(module, **options, **({"norewinds": 1} if module == "null-sink" else {}))

    monkeypatch.setattr(running, "plug", plug_quick)
    yield running
    running.pull_everything()


class Voice:
    """A steady tone on a loudspeaker, as long as the block lasts."""

    def __init__(self, speaker, hertz):
        self.sink = PulseSink(speaker)
        self._stop = threading.Event()
        self._tone = np.rint(8_000 * np.sin(2 * np.pi * hertz * np.arange(24_000) / 24_000)).astype(np.int16)
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        for start in (i % 24_000 for i in range(0, 10**9, 480)):
            if self._stop.is_set():
                return
            self.sink.write(self._tone[start : start + 480])

    def __enter__(self):
        self.sink.open()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(PATIENCE_S)
        self.sink.close()


class Ears:
    """A source read on a thread of its own, as the node does."""

    def __init__(self, source):
        self.source = source
        self.chunks = []
        self.error = None
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            for chunk in self.source.chunks():
                self.chunks.append(chunk)
        except VoiceError as error:
            self.error = error

    def __enter__(self):
        self.format = self.source.open()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.source.close()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def hear(self, seconds=1.0):
        """The next seconds, int16[n]."""
        first, count = len(self.chunks), int(seconds * SAMPLE_RATE / 512)
        until(lambda: len(self.chunks) >= first + count or self.error, "sound")
        assert self.error is None, self.error
        return np.concatenate([c.samples for c in self.chunks[first : first + count]])

    def tone(self, hertz):
        """The next whole second of that pitch, int16[n]: a busy machine tears some, and none is right at a wrong rate."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            lost, sound = self.source.counters.overruns, self.hear()
            torn, found = self.source.counters.overruns > lost, pitch(sound)
            if not torn and found == pytest.approx(hertz, abs=2):
                return sound
            assert time.monotonic() < deadline, f"{found:.0f} Hz instead of {hertz}" + ", torn" * torn


def seconds_until(condition, what):
    begun = time.monotonic()
    until(condition, what)
    return time.monotonic() - begun


def pitch(samples):
    """Hz of the loudest sound."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * SAMPLE_RATE / len(samples))


def two_strongest(samples):
    """Hz of the two loudest sounds, the lower first."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    first = int(spectrum.argmax())
    spectrum[max(0, first - 5) : first + 6] = 0.0  # the window makes it wider
    return sorted(i * SAMPLE_RATE / len(samples) for i in (first, int(spectrum.argmax())))


def play_on(sink):
    while True:
        sink.write(np.zeros(480, np.int16))


def ears(name, **options):
    return Ears(device_source("pulse", Microphone(name, **options)))


class HastyClock(SystemClock):
    """Waits a tenth as long."""

    def wait_until(self, deadline_ns, stop):
        now_ns = self.monotonic_ns()
        return super().wait_until(now_ns + (deadline_ns - now_ns) // 10, stop)


def reopening(name, told, clock=None):
    return Ears(ReopeningSource(lambda: device_source("pulse", Microphone(name)), told.append, clock))


def test_a_server_that_answers_is_preferred_and_its_devices_are_listed_with_their_defaults(server, monkeypatch):
    server.speaker("robot", "Robot Speaker", 44_100)
    server.microphone("desk", "robot", "Desk Microphone")
    assert choose_system() == "pulse"
    inputs = {d.name: d for d in list_devices("pulse", INPUT)}
    assert (inputs["desk"].description, inputs["desk"].channels, inputs["desk"].sample_rate) == (
        "Desk Microphone",
        2,
        44_100,
    )
    assert inputs["robot.monitor"].monitor
    assert [d.default for d in list_devices("pulse", OUTPUT)] == [True]
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    assert choose_system() == "portaudio"


@pytest.mark.parametrize(
    ("rate", "opened"), [(44_100, 0), (48_000, 0), (48_000, 48_000), (44_100, 44_100), (16_000, 0)]
)
def test_a_tone_keeps_its_pitch_and_level_from_any_rate_of_the_card(server, rate, opened):
    server.speaker("robot", rate=rate)
    server.microphone("desk", "robot")
    with Voice("robot", 1_000), ears("desk", sample_rate=opened) as heard:
        assert heard.format == AudioFormat(opened or SAMPLE_RATE, 2)
        # The level of most of it, not of its loudest sample: where a second is torn a resampler rings.
        levels = np.abs(heard.tone(1_000).reshape(-1, 512).astype(int)).max(axis=1)
    assert np.median(levels) == pytest.approx(8_000, rel=0.03)


def test_one_channel_is_picked_or_all_are_mixed(server, tmp_path):
    server.speaker("robot", rate=48_000)
    server.microphone("desk", "robot")
    time_s = np.arange(48_000 * 60) / 48_000
    both = np.stack([0.3 * np.sin(2 * np.pi * 440 * time_s), 0.3 * np.sin(2 * np.pi * 2_000 * time_s)], axis=1)
    soundfile.write(tmp_path / "both.wav", both, 48_000)
    with Voice("robot", 0), ears("desk", channel=0) as left, ears("desk", channel=1) as right, ears("desk") as all_:
        player = server.play(tmp_path / "both.wav", "robot")
        left.tone(440)
        right.tone(2_000)
        until(lambda: two_strongest(all_.hear()) == pytest.approx([440, 2_000], abs=2), "both at once")
        player.terminate()
        player.wait(PATIENCE_S)


def late_ms(clicks, chunks):
    """By how much each click was heard, by its stamp, after one of `clicks` was played; what a canceller would have to find."""
    heard_ns = []
    for chunk in list(chunks):
        loud = np.flatnonzero(np.abs(chunk.samples.astype(int)) > 5_000)
        if len(loud) and (not heard_ns or chunk.stamp_ns - heard_ns[-1] > NS // 2):
            heard_ns.append(chunk.stamp_ns + int(loud[0]) * NS // SAMPLE_RATE)
    return [min((h - c for c in list(clicks)), key=abs) / 1e6 for h in heard_ns]


def test_what_is_heard_carries_the_time_at_which_it_was_played(server):
    """The canceller lays both on one clock; the null sink has no loudspeaker and no air in between."""
    server.speaker("robot")
    server.microphone("desk", "robot")
    clicks = []
    with Voice("robot", 0) as silence:
        silence._tone[4_800:5_040] = 20_000  # once a second
        real = silence.sink.write
        silence.sink.write = lambda block: clicks.append(real(block)) or clicks[-1] if block[0] else real(block)
        with ears("desk") as heard:
            # The server's clock settles; a machine that stalls starts it anew.
            until(
                lambda: len(off := late_ms(clicks, heard.chunks)) > 3 and abs(np.median(off[-3:])) < 50,
                "clicks in time",
            )
    print(f"\nheard after played, by their stamps: {', '.join(f'{o:.1f}' for o in late_ms(clicks, heard.chunks))} ms")


def test_a_microphone_that_is_unplugged_is_missed_and_comes_back_by_its_name(server):
    server.speaker("robot")
    desk = server.microphone("desk", "robot", "Desk Microphone")
    told = []
    with Voice("robot", 1_000), reopening("desk micro", told) as heard:
        heard.tone(1_000)
        server.unplug(desk)
        missed_s = seconds_until(lambda: told, "notice")
        until(lambda: "no audio input matches 'desk micro'" in told[-1], "list")
        assert "Plug it in, or set `device` to one of these" in told[-1]
        before = len(heard.chunks)
        server.microphone("desk", "robot", "Desk Microphone")
        back_s = seconds_until(lambda: len(heard.chunks) > before, "sound")
        assert told[-1] == ""
        heard.tone(1_000)
    assert heard.source.reopened == 1
    print(f"\nmissed after {missed_s:.2f} s, back {back_s:.2f} s after it was plugged in")


def test_twenty_times_unplugged_leaves_nothing_behind(server):
    server.speaker("robot")
    server.speaker("headset")
    told, back_s, traces = [], [], []
    process = psutil.Process()
    desk = server.microphone("desk", "robot")
    with Voice("robot", 1_000), reopening("desk", told, HastyClock()) as heard:
        heard.hear(0.5)
        for cycle in range(CYCLES):
            server.unplug(desk)
            until(lambda: told and told[-1], "notice")
            time.sleep(0.01 * (cycle % 10))  # meet the back-off everywhere
            before = len(heard.chunks)
            desk = server.microphone("desk", "robot")
            back_s.append(seconds_until(lambda before=before: len(heard.chunks) > before, "sound"))
            traces.append((process.num_threads(), process.num_fds(), process.memory_info().rss / 1e6))
        heard.tone(1_000)
    assert heard.source.reopened == CYCLES
    (threads, fds, _), (threads_then, fds_then, _) = traces[2], traces[-1]
    grown = traces[-1][2] - traces[2][2]
    print(
        f"\nback after {np.median(back_s):.2f} s (median), {max(back_s):.2f} s (longest of {CYCLES}), tried ten times as often; "
        f"threads {threads} -> {threads_then}, files {fds} -> {fds_then}, memory {grown:+.1f} MB"
    )
    # Of the process: what earlier tests left behind may end meanwhile, and a stream that was given up is still closing.
    until(
        lambda: process.num_threads() <= threads and process.num_fds() <= fds, "no more threads and files than before"
    )
    assert grown < 20


def test_a_loudspeaker_that_is_unplugged_is_an_error_and_opens_again_when_it_is_back(server):
    robot = server.speaker("robot", "Robot Speaker")
    server.speaker("other")  # nothing is moved there in silence
    sink = PulseSink("robot speaker")
    sink.open()
    files = []
    for _ in range(CYCLES):
        sink.write(np.zeros(480, np.int16))
        server.unplug(robot)
        with pytest.raises(VoiceError, match="'robot' is gone"):
            play_on(sink)
        sink.close()
        with pytest.raises(VoiceError, match="no audio output matches"):
            sink.open()
        robot = server.speaker("robot", "Robot Speaker")
        sink.open()
        files.append(psutil.Process().num_fds())
    until(lambda: psutil.Process().num_fds() <= files[2], "no more open files than in the third round")
    sink.close()


def test_a_named_microphone_is_never_exchanged_for_another(server):
    server.speaker("robot")
    server.speaker("radio")
    desk = server.microphone("desk", "robot")
    server.microphone("lapel", "radio")
    with Voice("robot", 1_000), Voice("radio", 3_000), ears("desk") as heard:
        heard.tone(1_000)
        server.unplug(desk)
        until(lambda: heard.error, "error")
        assert "is gone" in str(heard.error)
        last = np.concatenate([c.samples for c in heard.chunks[-15:]])
    assert abs(pitch(last) - 3_000) > 500


def test_the_default_microphone_follows_the_server_but_not_onto_what_the_robot_says(server):
    server.speaker("robot")
    desk, lapel = server.microphone("desk", "robot"), server.microphone("lapel", "robot")
    server.pactl("set-default-source", "desk")
    with Voice("robot", 1_000), ears("") as heard:
        heard.hear(0.5)
        assert heard.source.name == "desk"
        server.unplug(desk)
        until(lambda: heard.source.name == "lapel" or heard.error, "other microphone")
        heard.tone(1_000)
        server.unplug(lapel)
        until(lambda: heard.error, "error")
        with pytest.raises(VoiceError, match="no audio input"):
            device_source("pulse", Microphone("")).open()


def test_similar_names_are_told_apart_and_an_unknown_one_lists_all(server):
    for name in ("usb_mic", "usb_mic_2"):
        server.speaker(f"{name}_room")
        server.microphone(name, f"{name}_room", name.replace("_", " ").upper())
    devices = list_devices("pulse", INPUT)
    assert find_device(devices, "usb_mic", INPUT).name == "usb_mic"
    assert find_device(devices, "USB MIC 2", INPUT).name == "usb_mic_2"
    with pytest.raises(VoiceError, match="several audio inputs match 'usb'") as error:
        device_source("pulse", Microphone("usb")).open()
    with pytest.raises(VoiceError, match="no audio input matches 'Reachy Mini Audio'") as unknown:
        device_source("pulse", Microphone("reachy_mini")).open()
    for told in (error, unknown):
        assert "usb_mic (USB MIC), 2 channels" in str(told.value)
        assert "usb_mic_2 (USB MIC 2), 2 channels" in str(told.value)


def test_a_microphone_that_is_muted_in_the_server_is_noticed(server):
    server.speaker("robot")
    server.microphone("desk", "robot")
    watch = MicrophoneWatch(WatchLimits(silent_s=1.0))
    with Voice("robot", 1_000), ears("desk") as heard:
        watch.feed(heard.tone(1_000))
        assert watch.problem == ""
        server.pactl("set-source-mute", "desk", "1")
        until(lambda: watch.feed(heard.hear()) or "digital silence. Unmute it" in watch.problem, "notice")
    assert next(d for d in list_devices("pulse", INPUT) if d.name == "desk").muted


def test_a_server_that_restarts_gives_the_microphone_back(server):
    server.speaker("robot")
    server.microphone("desk", "robot")
    told = []
    with reopening("desk", told) as heard:
        until(lambda: heard.chunks, "sound")
        server.stop()
        until(lambda: told and "no sound server" in told[-1], "notice")
        server.start()
        until(lambda: "no audio input" in told[-1], "missing device")
        before = len(heard.chunks)
        server.speaker("robot")
        server.microphone("desk", "robot")
        until(lambda: len(heard.chunks) > before, "sound")


def test_closing_ends_the_reader_at_once_and_leaves_no_stream(server):
    server.speaker("robot")
    server.microphone("desk", "robot")
    open_files = psutil.Process().num_fds()
    with ears("desk") as heard:
        until(lambda: heard.chunks, "sound")
        assert server.pactl("list", "short", "source-outputs").count("protocol-native") == 1
    until(lambda: "protocol-native" not in server.pactl("list", "short", "source-outputs"), "end of the stream")
    until(lambda: psutil.Process().num_fds() <= open_files, "the files it had open")
    assert os.environ["PULSE_SERVER"] == server.address
