"""How well two channels tell where a voice comes from: true angle against measured, by noise, room and distance of the
microphones, and what it costs. `python -m bench.hearing.direction` needs the recordings of dev (even rows: the
threshold is chosen on them; odd rows: it is reported on them)."""

from __future__ import annotations

import argparse
import csv
import math
import os
import time
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voice_pipeline.audio.direction import SPEED_OF_SOUND, Direction, DirectionFinder
from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import SAMPLE_RATE, Int16

Signal = npt.NDArray[np.float64]

_ROOM_M = (5.0, 4.0, 2.7)
_ROBOT_M = np.array([2.1, 1.2, 0.9])  # on a table, not in the middle
_DISTANCE_M = 1.5  # of the person


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).resolve().parents[2].parent / "shared" / "audio"
    parser.add_argument("--audio", type=Path, default=Path(os.environ.get("VOICE_PIPELINE_TEST_AUDIO", default)))
    parser.add_argument("--files", type=int, default=12, help="recordings of each half of dev")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each recording")
    options = parser.parse_args()
    even, odd = voices(options.audio, options.files, options.seconds)
    print_threshold(even)
    print_angles(odd)
    print_conditions(odd)
    print_cost(odd[0])


def voices(audio: Path, count: int, seconds: float) -> tuple[list[Signal], list[Signal]]:
    """Speech of even and of odd rows of the manifest, float64[n] in -1..1, spread over the manifest."""
    with (audio / "dev" / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    halves: list[list[Signal]] = []
    for first in (0, 1):
        half = rows[first::2]
        chosen = half[:: max(1, len(half) // count)][:count]
        halves.append([_speech(audio / "dev" / row["file"], seconds) for row in chosen])
    return halves[0], halves[1]


def plane_wave(voice: Signal, yaw: float, distance_m: float) -> Signal:
    """The voice at two microphones, float64[n, 2], from far away and without a room: exact fractional delays."""
    late = distance_m / SPEED_OF_SOUND * math.sin(yaw) / 2.0
    n = 2 * len(voice)
    spectrum, f = np.fft.rfft(voice, n), np.fft.rfftfreq(n, 1.0 / SAMPLE_RATE)
    shifts = [np.fft.irfft(spectrum * np.exp(-2j * np.pi * f * s), n)[: len(voice)] for s in (-late, late)]
    return np.stack(shifts, axis=1)


def in_a_room(voice: Signal, yaw: float, distance_m: float, rt60_s: float) -> Signal:
    """The voice at two microphones in a room of 5 x 4 x 2.7 m, by mirror images (Allen and Berkley 1979)."""
    person = _ROBOT_M + _DISTANCE_M * np.array([math.cos(yaw), math.sin(yaw), 0.2])
    half = np.array([0.0, distance_m / 2.0, 0.0])
    responses = [_response(tuple(person), tuple(_ROBOT_M + side), rt60_s) for side in (half, -half)]
    n = len(voice) + len(responses[0])
    spectrum = np.fft.rfft(voice, n)
    return np.stack([np.fft.irfft(spectrum * np.fft.rfft(r, n), n)[: len(voice)] for r in responses], axis=1)


def with_noise(sound: Signal, snr_db: float, seed: int, common: float = 0.0) -> Int16:
    """Noise of its own in each channel, `common` (0..1) of its power shared by both; as int16[n, 2], peak at half."""
    rng = np.random.default_rng(seed)
    own, shared = rng.standard_normal(sound.shape), rng.standard_normal((len(sound), 1))
    noise = math.sqrt(1.0 - common) * own + math.sqrt(common) * shared
    level = np.sqrt(np.mean(np.square(sound)))
    mixed = sound + noise * level * 10.0 ** (-snr_db / 20.0)
    scaled: Int16 = np.rint(mixed / np.max(np.abs(mixed)) * 16384.0).astype(np.int16)
    return scaled


def directions(sound: Int16, distance_m: float, min_confidence: float | None = None) -> list[Direction]:
    """What the finder says, fed in chunks of 512 samples."""
    more = {} if min_confidence is None else {"min_confidence": min_confidence}
    finder = DirectionFinder(distance_m, SAMPLE_RATE, **more)
    found = []
    for i in range(0, len(sound), 512):
        found += finder.push(sound[i : i + 512], i * 62_500)
    return found


def print_threshold(halves: list[Signal]) -> None:
    """Confidence of right and wrong estimates, and of noise: what the threshold is chosen from."""
    right: list[float] = []
    wrong: list[float] = []
    noise: list[float] = []
    for k, voice in enumerate(halves):
        for yaw_deg in (-60, -20, 0, 40):
            yaw = math.radians(yaw_deg)
            room = in_a_room(voice, yaw, 0.1, 0.4)
            for snr in (20, 10, 5):
                for d in directions(with_noise(room, snr, k), 0.1, 0.0):
                    (right if abs(math.degrees(d.yaw) - yaw_deg) <= 15 else wrong).append(d.confidence)
        bursts = np.random.default_rng(k).standard_normal((len(voice), 2)) * np.abs(voice)[:, None]
        noise += [d.confidence for d in directions(with_noise(bursts, 60, k), 0.1, 0.0)]
    print(
        "\nthreshold (even rows, microphones 0.1 m, room with RT60 0.4 s, 20, 10, 5 dB; a right one is within 15 deg)"
    )
    print(f"{len(right) + len(wrong)} estimates of voices, {len(noise)} of noise that rises and falls like one")
    print("| min_confidence | estimates kept | wrong of the kept | of independent noise kept |")
    print("| --- | --- | --- | --- |")
    for least in (0.0, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.2):
        kept = sum(c >= least for c in right), sum(c >= least for c in wrong)
        of_noise = sum(c >= least for c in noise) / max(1, len(noise))
        share = sum(kept) / max(1, len(right) + len(wrong))
        print(f"| {least:.2f} | {share:.0%} | {kept[1] / max(1, sum(kept)):.1%} | {of_noise:.1%} |")


def print_angles(voices_: list[Signal]) -> None:
    """True angle against measured."""
    print("\ntrue -> median measured (10..90 percent), degrees; odd rows, microphones 0.1 m")
    print("| true | no room, 20 dB | room RT60 0.4 s, 20 dB | room, 5 dB |")
    print("| --- | --- | --- | --- |")
    for yaw_deg in (-90, -60, -30, -10, 0, 10, 30, 60, 90):
        yaw = math.radians(yaw_deg)
        cells = []
        for rt60, snr in ((0.0, 20), (0.4, 20), (0.4, 5)):
            angles = []
            for k, voice in enumerate(voices_):
                sound = in_a_room(voice, yaw, 0.1, rt60) if rt60 else plane_wave(voice, yaw, 0.1)
                angles += [math.degrees(d.yaw) for d in directions(with_noise(sound, snr, k), 0.1)]
            cells.append(_spread(angles))
        print(f"| {yaw_deg} | " + " | ".join(cells) + " |")


def print_conditions(voices_: list[Signal]) -> None:
    """Median error and share of estimates that are right, by noise, room and distance."""
    print("\nmedian error in degrees, share within 15 degrees, estimates a second; odd rows, angles -60..60")
    print("| microphones | RT60 | 20 dB | 10 dB | 5 dB | 0 dB | -5 dB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for distance in (0.03, 0.1, 0.2):
        for rt60 in (0.0, 0.3, 0.5):
            cells = []
            for snr in (20, 10, 5, 0, -5):
                errors, seconds = [], 0.0
                for k, voice in enumerate(voices_):
                    yaw_deg = (-60, -35, -15, 5, 25, 50)[k % 6]
                    yaw = math.radians(yaw_deg)
                    sound = in_a_room(voice, yaw, distance, rt60) if rt60 else plane_wave(voice, yaw, distance)
                    seconds += len(voice) / SAMPLE_RATE
                    found = directions(with_noise(sound, snr, k), distance)
                    errors += [abs(math.degrees(d.yaw) - yaw_deg) for d in found]
                right = sum(e <= 15 for e in errors) / max(1, len(errors))
                median = f"{np.median(errors):.0f}" if errors else "-"
                cells.append(f"{median}, {right:.0%}, {len(errors) / seconds:.1f}/s")
            print(f"| {distance:g} m | {rt60:g} s | " + " | ".join(cells) + " |")


def print_cost(voice: Signal) -> None:
    """Processor time of the finder against the time of the sound."""
    sound = with_noise(plane_wave(voice, 0.3, 0.1), 20, 0)
    finder = DirectionFinder(0.1, SAMPLE_RATE)
    chunks = [sound[i : i + 512] for i in range(0, len(sound), 512)]
    rounds, began = 20, time.thread_time()
    for n in range(rounds):
        for i, chunk in enumerate(chunks):
            finder.push(chunk, (n * len(chunks) + i) * 32_000_000)
    share = (time.thread_time() - began) / (rounds * len(sound) / SAMPLE_RATE)
    print(f"\ncost while somebody speaks: {share:.2%} of a core")


@cache
def _response(person_m: tuple[float, ...], ear_m: tuple[float, ...], rt60_s: float) -> Signal:
    """Impulse response, float64[n], of the room."""
    person, ear = np.array(person_m), np.array(ear_m)
    volume = math.prod(_ROOM_M)
    x, y, z = _ROOM_M
    surface = 2.0 * (x * y + x * z + y * z)
    reflection = math.sqrt(max(0.0, 1.0 - min(0.99, 1.0 - math.exp(-0.161 * volume / (surface * rt60_s)))))
    longest = rt60_s * 0.6  # -36 dB
    reach = [math.ceil(longest * SPEED_OF_SOUND / (2 * side)) for side in _ROOM_M]
    axes, bounces = [], []
    for person_x, ear_x, side, most in zip(person, ear, _ROOM_M, reach, strict=True):
        orders = np.arange(-most, most + 1)
        axes.append(np.concatenate([2 * orders * side + person_x, 2 * orders * side - person_x]) - ear_x)
        bounces.append(np.concatenate([np.abs(2 * orders), np.abs(2 * orders - 1)]))
    dx, dy, dz = np.meshgrid(*axes, indexing="ij")
    hits = sum(np.meshgrid(*bounces, indexing="ij"))
    metres = np.sqrt(dx**2 + dy**2 + dz**2)
    keep = metres < longest * SPEED_OF_SOUND
    delays, gains = metres[keep] / SPEED_OF_SOUND * SAMPLE_RATE, (reflection**hits / metres)[keep]
    taps = np.arange(-16, 17)
    nearest = np.rint(delays).astype(int)
    offset = taps[None, :] - (delays - nearest)[:, None]
    kernel = np.sinc(offset) * (0.5 + 0.5 * np.cos(np.pi * offset / 18.0)) * gains[:, None]
    response = np.zeros(int(longest * SAMPLE_RATE) + 64)
    np.add.at(response, np.maximum(nearest[:, None] + taps[None, :], 0), kernel)
    return response


def _speech(file: Path, seconds: float) -> Signal:
    samples = read_recording(file).samples[: round(seconds * SAMPLE_RATE)].astype(np.float64)
    return samples / 32768.0


def _spread(angles: list[float]) -> str:
    if not angles:
        return "none"
    low, middle, high = np.percentile(angles, (10, 50, 90))
    return f"{middle:.0f} ({low:.0f}..{high:.0f})"


if __name__ == "__main__":
    main()
