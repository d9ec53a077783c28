"""libpulse's own C interface, as far as this package uses it: the client library of PulseAudio and of PipeWire's server.

Apart because it is ctypes only. The library is on every desktop that has a sound server; its ABI is kept since 2007.
Constants and layouts: pulse/def.h, pulse/introspect.h.
"""

from __future__ import annotations

import ctypes as c
from functools import cache
from typing import Any

from voice_pipeline.errors import VoiceError

CONTEXT_NO_AUTOSPAWN = 0x1
CONTEXT_READY, CONTEXT_FAILED, CONTEXT_TERMINATED = 4, 5, 6
STREAM_READY, STREAM_FAILED, STREAM_TERMINATED = 2, 3, 4
OPERATION_RUNNING = 0
S16LE = 3
UNSET = 0xFFFFFFFF  # (uint32_t) -1: the server's own choice
MAX_CHANNELS = 32
AUX0 = 12  # a channel position that means nothing
NO_REMAP_CHANNELS = 0x0010
DONT_MOVE, ADJUST_LATENCY = 0x0200, 0x2000


class SampleSpec(c.Structure):
    """pa_sample_spec."""

    _fields_ = (("format", c.c_int), ("rate", c.c_uint32), ("channels", c.c_uint8))


class ChannelMap(c.Structure):
    """pa_channel_map."""

    _fields_ = (("channels", c.c_uint8), ("map", c.c_int * MAX_CHANNELS))


class BufferAttr(c.Structure):
    """pa_buffer_attr; bytes."""

    _fields_ = tuple((n, c.c_uint32) for n in ("maxlength", "tlength", "prebuf", "minreq", "fragsize"))


class ChannelVolume(c.Structure):
    """pa_cvolume."""

    _fields_ = (("channels", c.c_uint8), ("values", c.c_uint32 * MAX_CHANNELS))


class DeviceInfo(c.Structure):
    """The beginning of pa_source_info, and of pa_sink_info, which begins alike."""

    _fields_ = (
        ("name", c.c_char_p),
        ("index", c.c_uint32),
        ("description", c.c_char_p),
        ("sample_spec", SampleSpec),
        ("channel_map", ChannelMap),
        ("owner_module", c.c_uint32),
        ("volume", ChannelVolume),
        ("mute", c.c_int),
        ("monitor_of", c.c_uint32),  # of a source: the sink it listens to, or UNSET
    )


class ServerInfo(c.Structure):
    """The beginning of pa_server_info."""

    _fields_ = (
        ("user_name", c.c_char_p),
        ("host_name", c.c_char_p),
        ("server_version", c.c_char_p),
        ("server_name", c.c_char_p),
        ("sample_spec", SampleSpec),
        ("default_sink", c.c_char_p),
        ("default_source", c.c_char_p),
    )


class TimeOfDay(c.Structure):
    """struct timeval."""

    _fields_ = (("s", c.c_long), ("us", c.c_long))


class Timing(c.Structure):
    """pa_timing_info: what the server said of a stream, and when."""

    _fields_ = (
        ("timestamp", TimeOfDay),
        ("synchronized_clocks", c.c_int),
        ("sink_us", c.c_uint64),
        ("source_us", c.c_uint64),
        ("transport_us", c.c_uint64),
        ("playing", c.c_int),
        ("write_index_corrupt", c.c_int),
        ("write_index", c.c_int64),
        ("read_index_corrupt", c.c_int),
        ("read_index", c.c_int64),
        ("configured_sink_us", c.c_uint64),
        ("configured_source_us", c.c_uint64),
        ("since_underrun", c.c_int64),
    )


DEVICE_CALLBACK = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(DeviceInfo), c.c_int, c.c_void_p)
SERVER_CALLBACK = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(ServerInfo), c.c_void_p)
STREAM_CALLBACK = c.CFUNCTYPE(None, c.c_void_p, c.c_void_p)

_P, _INT, _STR, _SIZE, _VOID = c.c_void_p, c.c_int, c.c_char_p, c.c_size_t, None
_SPEC, _MAP, _ATTR = c.POINTER(SampleSpec), c.POINTER(ChannelMap), c.POINTER(BufferAttr)
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {  # name: (result, arguments)
    "strerror": (_STR, (_INT,)),
    "mainloop_new": (_P, ()),
    "mainloop_free": (_VOID, (_P,)),
    "mainloop_get_api": (_P, (_P,)),
    "mainloop_prepare": (_INT, (_P, _INT)),
    "mainloop_poll": (_INT, (_P,)),
    "mainloop_dispatch": (_INT, (_P,)),
    "mainloop_wakeup": (_VOID, (_P,)),
    "context_new": (_P, (_P, _STR)),
    "context_connect": (_INT, (_P, _STR, _INT, _P)),
    "context_get_state": (_INT, (_P,)),
    "context_errno": (_INT, (_P,)),
    "context_disconnect": (_VOID, (_P,)),
    "context_unref": (_VOID, (_P,)),
    "context_get_source_info_list": (_P, (_P, DEVICE_CALLBACK, _P)),
    "context_get_sink_info_list": (_P, (_P, DEVICE_CALLBACK, _P)),
    "context_get_server_info": (_P, (_P, SERVER_CALLBACK, _P)),
    "operation_get_state": (_INT, (_P,)),
    "operation_unref": (_VOID, (_P,)),
    "stream_new": (_P, (_P, _STR, _SPEC, _MAP)),
    "stream_connect_record": (_INT, (_P, _STR, _ATTR, _INT)),
    "stream_connect_playback": (_INT, (_P, _STR, _ATTR, _INT, _P, _P)),
    "stream_get_state": (_INT, (_P,)),
    "stream_get_device_name": (_STR, (_P,)),
    "stream_set_buffer_attr": (_P, (_P, _ATTR, _P, _P)),
    "stream_update_timing_info": (_P, (_P, _P, _P)),
    "stream_get_timing_info": (c.POINTER(Timing), (_P,)),
    "stream_get_underflow_index": (c.c_int64, (_P,)),
    "stream_set_overflow_callback": (_VOID, (_P, STREAM_CALLBACK, _P)),
    "stream_readable_size": (_SIZE, (_P,)),
    "stream_writable_size": (_SIZE, (_P,)),
    "stream_peek": (_INT, (_P, c.POINTER(_P), c.POINTER(_SIZE))),
    "stream_drop": (_INT, (_P,)),
    "stream_write": (_INT, (_P, _STR, _SIZE, _P, c.c_int64, _INT)),
    "stream_disconnect": (_INT, (_P,)),
    "stream_unref": (_VOID, (_P,)),
}


@cache
def load_libpulse() -> c.CDLL:
    """The library with its functions typed.

    Raises:
        VoiceError: it is not on this machine.
    """
    try:
        library = c.CDLL("libpulse.so.0")
    except OSError as error:
        raise VoiceError(
            "the client library of the sound server is not on this machine.",
            "Run `sudo apt install libpulse0`, or set `audio_system: portaudio`.",
        ) from error
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, f"pa_{name}")
        function.restype, function.argtypes = result, arguments
    return library
