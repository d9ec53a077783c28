"""`devices`: which microphones and loudspeakers there are, what to write into `device`, and whether they work."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict

import numpy as np
from rclpy.utilities import remove_ros_args

from voice_pipeline.audio.devices import INPUT, OUTPUT, PRESETS, Device, Direction, find_device
from voice_pipeline.audio.formats import CHUNK_SAMPLES, SAMPLE_RATE, Int16, mean_square, power_to_dbfs
from voice_pipeline.audio.microphone_watch import MicrophoneWatch, WatchLimits
from voice_pipeline.audio.sinks import SinkOptions, make_sink
from voice_pipeline.audio.sources.device import Microphone, device_source
from voice_pipeline.audio.systems import AUTO, SYSTEMS, choose_system, list_devices
from voice_pipeline.commands._arguments import Parser
from voice_pipeline.commands._values import number, whole
from voice_pipeline.errors import VoiceError

_TONE_HZ, _TONE_S, _TONE_LEVEL = 440.0, 1.0, 0.2
_BAR_DB = 60  # a bar of this many dB below full scale, 2 dB a character
_LINE_CHUNKS = 8  # a line each 0.26 s


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 no device, or it does not work, 2 wrong usage, 130 Ctrl-C."""
    parser = Parser(
        prog="devices",
        description="List microphones and loudspeakers, or try one. The first column goes into `device`.",
    )
    parser.add_argument("--json", action="store_true", help="the list for programs")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--listen", metavar="NAME", help="show the level of a microphone ('' is the default one)")
    what.add_argument("--play", metavar="NAME", help="play a short tone on a loudspeaker ('' is the default one)")
    parser.add_argument("--channel", type=whole(-1, 255), default=-1, help="of the microphone; -1 is the mean of all")
    parser.add_argument("--seconds", type=number(0.1, 3600.0), default=5.0, help="to listen (5)")
    parser.add_argument("--audio-system", choices=(AUTO, *SYSTEMS), default=AUTO, help="auto: what the nodes take")
    options = parser.parse_args(remove_ros_args(sys.argv)[1:] if args is None else args)
    try:
        if options.listen is not None:
            return _listen(options.listen, options.channel, options.seconds, choose_system(options.audio_system))
        if options.play is not None:
            return _play(options.play, options.audio_system)
        return _list(options.audio_system, options.json)
    except VoiceError as error:
        print(f"devices: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _list(wanted: str, as_json: bool) -> int:
    chosen = choose_system(wanted)
    found: list[tuple[str, Direction, list[Device]]] = []
    problems = {}
    for system in SYSTEMS if wanted == AUTO else (wanted,):
        try:
            found += [(system, d, list_devices(system, d)) for d in (INPUT, OUTPUT)]
        except VoiceError as error:
            problems[system] = str(error)
    count = sum(len(devices) for _, _, devices in found)
    if as_json:
        rows = [{"system": s, "direction": d.noun, **asdict(x)} for s, d, all_ in found for x in all_]
        print(json.dumps({"used": chosen, "devices": rows, "problems": problems}, indent=2))
        return 0 if count else 1
    for system, direction, devices in found:
        print(f"{direction.noun}s of {system}{' (used by the nodes)' if system == chosen else ''}:")
        print("\n".join(f"  {_row(d)}" for d in devices) or "  none")
    for system, problem in problems.items():
        print(f"{system}: {problem}", file=sys.stderr)
    if not count:
        print(
            "devices: this machine has no sound device. Plug one in; in a container pass the server's socket in "
            "(PULSE_SERVER) or the cards (--device /dev/snd).",
            file=sys.stderr,
        )
        return 1
    return 0


def _row(device: Device) -> str:
    marks = [f"{device.channels} channels", f"{device.sample_rate} Hz"]
    marks += ["default"] if device.default else []
    marks += ["muted"] if device.muted else []
    marks += ["hears what a loudspeaker plays"] if device.monitor else []
    marks += [f"or `{n}`" for n, p in PRESETS.items() if p.match in device.description and not device.monitor]
    description = "" if device.name == device.description else f"  {device.description}"
    return f"{device.name}{description}  ({', '.join(marks)})"


def _listen(name: str, channel: int, seconds: float, system: str) -> int:
    source = device_source(system, Microphone(name, channel=channel))
    watch = MicrophoneWatch(WatchLimits(silent_s=min(2.0, seconds / 2)))
    problem, waiting, left = "", [], math.ceil(seconds * SAMPLE_RATE / CHUNK_SAMPLES)
    with closing(source):
        opened = source.open()
        print(f"{getattr(source, 'name', '')}: {opened.sample_rate} Hz, {opened.channels} channels. Say something.")
        for chunk in source.chunks():
            watch.feed(chunk.samples)
            problem = watch.problem or problem
            waiting.append(chunk.samples)
            left -= 1
            if len(waiting) == _LINE_CHUNKS or left == 0:
                print(_bar(np.concatenate(waiting)), flush=True)
                waiting = []
            if left == 0:
                break
    if problem:
        print(f"devices: {problem}", file=sys.stderr)
    return 1 if problem else 0


def _bar(samples: Int16) -> str:
    level = power_to_dbfs(mean_square(samples))
    length = round((max(-_BAR_DB, level) + _BAR_DB) / 2)
    peak = int(np.abs(samples.astype(np.int32)).max())
    return f"{level:6.1f} dBFS |{'#' * length:<{_BAR_DB // 2}}|{'  CUT OFF' if peak >= 32_700 else ''}"


def _play(name: str, system: str) -> int:
    chosen = choose_system(system)
    speaker = find_device(list_devices(chosen, OUTPUT), name, OUTPUT)
    sink = make_sink("device", SinkOptions(name, audio_system=chosen))
    with closing(sink):
        sink.open()
        time_s = np.arange(round(_TONE_S * sink.sample_rate)) / sink.sample_rate
        ramp = np.minimum(1.0, np.minimum(time_s, _TONE_S - time_s) / 0.05)  # no click at either end
        tone = np.rint(32_767 * _TONE_LEVEL * ramp * np.sin(2 * np.pi * _TONE_HZ * time_s)).astype(np.int16)
        silence = np.zeros(sink.sample_rate // 2, np.int16)  # until the last sample left the buffer
        for start in range(0, len(tone) + len(silence), sink.sample_rate // 50):
            sink.write(np.concatenate((tone, silence))[start : start + sink.sample_rate // 50])
    print(f"played {_TONE_HZ:.0f} Hz for {_TONE_S:g} s on {speaker.name} at {sink.sample_rate} Hz")
    if speaker.muted:
        print("devices: it is muted. Unmute it in the system's sound settings.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
