"""A connection to the sound server (PulseAudio, or PipeWire's stand-in for it): its devices, one stream, no threads of its own.

Whoever owns the connection turns its loop with iterate(); so callbacks and errors stay on one thread.
"""

from __future__ import annotations

import ctypes as c
import time
from collections.abc import Callable
from typing import Any

from voice_pipeline.audio import pulse_library as pa
from voice_pipeline.audio.devices import INPUT, Device, Direction
from voice_pipeline.audio.formats import AudioFormat
from voice_pipeline.errors import VoiceError

_NAME = b"voice_pipeline"
# A server that is there answers in milliseconds; one that starts by its socket needs a second.
_ANSWER_S = 3.0
_TURN_S = 0.05


class PulseConnection:
    """Connected when made.

    Raises:
        VoiceError: no library, or no server answers.
    """

    def __init__(self) -> None:
        self._pa: Any = pa.load_libpulse()
        self._loop = self._pa.pa_mainloop_new()
        self._context = self._pa.pa_context_new(self._pa.pa_mainloop_get_api(self._loop), _NAME)
        self.stream: Any = None
        self._records = False
        self._bytes_per_s = 0
        self._timing: Any = None  # the newest question
        self._keep: list[Any] = []  # callbacks and structures the library may still use
        try:
            # Never start a server: one per user is the session's business.
            if self._pa.pa_context_connect(self._context, None, pa.CONTEXT_NO_AUTOSPAWN, None) < 0:
                raise self._no_server()
            self._wait(lambda: self._state() == pa.CONTEXT_READY)
        except VoiceError:
            self.close()
            raise

    def iterate(self, timeout_s: float) -> None:
        """Take in what the server sent, waiting at most `timeout_s` or until wake_up().

        Raises:
            VoiceError: the server is gone.
        """
        self._pa.pa_mainloop_prepare(self._loop, int(timeout_s * 1e6))
        self._pa.pa_mainloop_poll(self._loop)
        self._pa.pa_mainloop_dispatch(self._loop)
        if self._state() in (pa.CONTEXT_FAILED, pa.CONTEXT_TERMINATED):
            raise self._no_server()

    def wake_up(self) -> None:
        """End an iterate() that waits; from any thread, as long as the connection is open."""
        self._pa.pa_mainloop_wakeup(self._loop)

    def close(self) -> None:
        """Release everything; no other thread may be in iterate()."""
        self._release(self._timing)
        self._timing = None
        if self.stream is not None:
            self._pa.pa_stream_disconnect(self.stream)
            self._pa.pa_stream_unref(self.stream)
            self.stream = None
        if self._context is not None:
            self._pa.pa_context_disconnect(self._context)
            self._pa.pa_context_unref(self._context)
            self._pa.pa_mainloop_free(self._loop)
            self._context = self._loop = None
        self._keep.clear()

    def devices(self, direction: Direction) -> list[Device]:
        """All of one direction, in the server's order."""
        default = ""
        found: list[Device] = []

        def on_server(_: Any, info: Any, __: Any) -> None:
            nonlocal default
            chosen = info.contents.default_source if direction is INPUT else info.contents.default_sink
            default = _text(chosen)

        def on_device(_: Any, info: Any, end: int, __: Any) -> None:
            if end == 0:
                found.append(_device(info.contents, default, direction))

        self._ask(
            lambda: self._pa.pa_context_get_server_info(self._context, self._held(pa.SERVER_CALLBACK(on_server)), None)
        )
        ask = self._pa.pa_context_get_source_info_list if direction is INPUT else self._pa.pa_context_get_sink_info_list
        self._ask(lambda: ask(self._context, self._held(pa.DEVICE_CALLBACK(on_device)), None))
        return found

    def record(
        self, device: str, source: AudioFormat, fragment: int, flags: int, on_overflow: Callable[[], None]
    ) -> None:
        """Open the stream for reading; `fragment` in bytes. Channels are the device's first ones, unmixed.

        Raises:
            VoiceError: the server refuses.
        """
        self._new_stream(source)
        self._pa.pa_stream_set_overflow_callback(
            self.stream, self._held(pa.STREAM_CALLBACK(lambda *_: on_overflow())), None
        )
        attributes = self._held(pa.BufferAttr(pa.UNSET, pa.UNSET, pa.UNSET, pa.UNSET, fragment))
        flags |= pa.ADJUST_LATENCY | pa.NO_REMAP_CHANNELS
        self._records = True
        self._pa.pa_stream_connect_record(self.stream, device.encode(), c.byref(attributes), flags)
        self._wait_for_stream(device)

    def play(self, device: str, source: AudioFormat, buffer: int, period: int, flags: int) -> None:
        """Open the stream for writing; `buffer` and `period` in bytes.

        Raises:
            VoiceError: the server refuses.
        """
        self._new_stream(source)
        attributes = self._held(_playback_buffer(buffer, period))
        flags |= pa.ADJUST_LATENCY
        self._records = False
        self._pa.pa_stream_connect_playback(self.stream, device.encode(), c.byref(attributes), flags, None, None)
        self._wait_for_stream(device)

    def buffer(self, size: int, period: int) -> None:
        """Let this many bytes wait in the server from now on; what plays is not disturbed."""
        attributes = _playback_buffer(size, period)
        self._release(self._pa.pa_stream_set_buffer_attr(self.stream, c.byref(attributes), None, None))

    def check_stream(self, what: str) -> None:
        """Raise when the server ended the stream (its device was unplugged); `what` begins the error's text."""
        if self._pa.pa_stream_get_state(self.stream) != pa.STREAM_READY:
            raise VoiceError(f"{what} is gone.", "Plug it in again; it is reopened by itself.")

    @property
    def device_name(self) -> str:
        """Which device the stream is on now; the server may have moved it."""
        return _text(self._pa.pa_stream_get_device_name(self.stream))

    def ask_timing(self) -> None:
        """Ask the server where the stream stands; the answer comes with iterate().

        Asked for with each piece instead of leaving it to the library: that one asks every 1.5 s and glides to what it
        hears, so for a second after a pause or an underrun its times were off by 10 to 60 ms (30 measured).
        """
        self._release(self._timing)
        self._timing = self._pa.pa_stream_update_timing_info(self.stream, None, None)

    def wait_for_timing(self, longest_s: float) -> None:
        """As ask_timing(), and take the answer in; returns without it after `longest_s`.

        Raises:
            VoiceError: the server is gone.
        """
        self.ask_timing()
        deadline = time.monotonic() + longest_s
        while self._timing and self._pa.pa_operation_get_state(self._timing) == pa.OPERATION_RUNNING:
            left = deadline - time.monotonic()
            if left <= 0.0:
                return
            self.iterate(left)

    @property
    def playing(self) -> bool:
        """Whether the server's last word was that sound leaves the stream: not before the first, nor when it ran dry."""
        known = self._pa.pa_stream_get_timing_info(self.stream)
        return bool(known and known.contents.playing)

    @property
    def edge_ns(self) -> int | None:
        """When the next sample to be written will be heard, or the next to be read was; None while it is not known."""
        known = self._pa.pa_stream_get_timing_info(self.stream)
        if not known:
            return None
        timing = known.contents
        if timing.write_index_corrupt or timing.read_index_corrupt:
            return None
        at_us = timing.timestamp.s * 1_000_000 + timing.timestamp.us
        waiting_us = (timing.write_index - timing.read_index) * 1_000_000 // self._bytes_per_s
        if self._records:
            return int(1000 * (at_us - timing.source_us + timing.sink_us - waiting_us))
        return int(1000 * (at_us + timing.sink_us + waiting_us))

    @property
    def underflow_index(self) -> int:
        """Changes each time playback ran dry; -1 before the first."""
        return int(self._pa.pa_stream_get_underflow_index(self.stream))

    @property
    def writable(self) -> int:
        """Bytes the server asks for."""
        size = int(self._pa.pa_stream_writable_size(self.stream))
        return 0 if size == c.c_size_t(-1).value else size

    def write(self, data: bytes) -> None:
        """Hand audio to the server."""
        self._pa.pa_stream_write(self.stream, data, len(data), None, 0, 0)

    def peek(self) -> bytes | int:
        """The next piece: bytes, or the length of a hole where audio was lost; b"" when there is none. Then drop()."""
        data, size = c.c_void_p(), c.c_size_t()
        if self._pa.pa_stream_peek(self.stream, c.byref(data), c.byref(size)) < 0 or size.value == 0:
            return b""
        return c.string_at(data.value, size.value) if data.value else int(size.value)

    def drop(self) -> None:
        """Done with what peek() gave."""
        self._pa.pa_stream_drop(self.stream)

    def _new_stream(self, source: AudioFormat) -> None:
        self._bytes_per_s = 2 * source.sample_rate * source.channels
        spec = self._held(pa.SampleSpec(pa.S16LE, source.sample_rate, source.channels))
        positions = [0] if source.channels == 1 else [pa.AUX0 + i for i in range(source.channels)]
        places = self._held(pa.ChannelMap(source.channels, (c.c_int * pa.MAX_CHANNELS)(*positions)))
        self.stream = self._pa.pa_stream_new(self._context, _NAME, c.byref(spec), c.byref(places))
        if not self.stream:
            self.stream = None
            raise VoiceError(
                f"the sound server knows no stream of {source.channels} channels at {source.sample_rate} Hz.",
                "Set `sample_rate` and `channels` to what the device has (`ros2 run voice_pipeline devices`).",
            )

    def _wait_for_stream(self, device: str) -> None:
        def answered() -> bool:
            state = self._pa.pa_stream_get_state(self.stream)
            if state in (pa.STREAM_FAILED, pa.STREAM_TERMINATED):
                raise VoiceError(
                    f"the sound server does not open '{device}': {self._why()}.",
                    "See whether it still exists (`ros2 run voice_pipeline devices`).",
                )
            return bool(state == pa.STREAM_READY)

        self._wait(answered)
        self.wait_for_timing(_ANSWER_S)  # the first capture time sets the sample clock

    def _ask(self, request: Callable[[], Any]) -> None:
        operation = request()
        try:
            self._wait(lambda: self._pa.pa_operation_get_state(operation) != pa.OPERATION_RUNNING)
        finally:
            self._pa.pa_operation_unref(operation)

    def _wait(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _ANSWER_S
        while not done():
            if time.monotonic() > deadline:
                raise VoiceError(
                    f"the sound server did not answer within {_ANSWER_S:g} s.",
                    "Restart it (`systemctl --user restart pulseaudio` or `pipewire-pulse`).",
                )
            self.iterate(_TURN_S)

    def _state(self) -> int:
        return int(self._pa.pa_context_get_state(self._context))

    def _release(self, operation: Any) -> None:
        if operation:
            self._pa.pa_operation_unref(operation)

    def _held(self, thing: Any) -> Any:
        self._keep.append(thing)
        return thing

    def _why(self) -> str:
        return _text(self._pa.pa_strerror(self._pa.pa_context_errno(self._context)))

    def _no_server(self) -> VoiceError:
        return VoiceError(
            f"no sound server (PulseAudio or PipeWire) answers: {self._why()}.",
            "Start it (`systemctl --user start pulseaudio` or `pipewire-pulse`), or set `audio_system: portaudio`.",
        )


def _playback_buffer(size: int, period: int) -> pa.BufferAttr:
    return pa.BufferAttr(pa.UNSET, size, size - period, period, pa.UNSET)


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")


def _device(info: pa.DeviceInfo, default: str, direction: Direction) -> Device:
    name = _text(info.name)
    return Device(
        name=name,
        description=_text(info.description),
        channels=info.sample_spec.channels,
        sample_rate=info.sample_spec.rate,
        index=info.index,
        default=name == default,
        monitor=direction is INPUT and info.monitor_of != pa.UNSET,
        muted=bool(info.mute),
    )
