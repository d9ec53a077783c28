"""Reading recordings: any format, rate and channel count libsndfile knows, with errors that say what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import soundfile

from voice_pipeline.audio.formats import SAMPLE_RATE, AudioFormat, Int16, to_int16
from voice_pipeline.audio.resample import MIX, resample, to_mono
from voice_pipeline.errors import VoiceError

# A recording is held in memory while it plays: an hour is 115 MB.
MAX_SECONDS = 3_600.0
# What a writer that cannot seek back puts for "unknown" (pipes): no promise, so nothing was broken.
_UNKNOWN_SIZES = (0, 0x7FFF_FFFF, 0xFFFF_FFFF)


@dataclass(frozen=True)
class Recording:
    """A recording as the pipeline hears it.

    Args:
        samples: int16[n], 16 kHz mono.
        source: rate and channels in the file.
        warning: what is odd about the file, for people; empty when nothing is.
    """

    samples: Int16
    source: AudioFormat
    warning: str = ""

    @property
    def seconds(self) -> float:
        """Duration in s."""
        return len(self.samples) / SAMPLE_RATE


def read_recording(path: str | Path, channel: int = MIX) -> Recording:
    """Read a recording (WAV, FLAC, OGG, MP3, AIFF ...) and convert it to 16 kHz mono int16.

    A WAV that was cut off (its header promises more than the file holds) is read as far as it goes, with a warning:
    what is there is good audio, and a recorder that lost power is the usual cause.

    Raises:
        VoiceError: missing, not audio, cut off before the first sample, empty, damaged, or longer than an hour.
    """
    file = _file(path)
    with _open(file) as sound:
        source = AudioFormat(sound.samplerate, sound.channels)
        seconds = sound.frames / sound.samplerate
        if seconds > MAX_SECONDS:
            raise VoiceError(f"{file} is {seconds / 60:.0f} minutes long.", "Cut it into pieces of up to an hour.")
        try:
            # As float: libsndfile does not scale float files when asked for int16.
            frames = to_int16(sound.read(dtype="float32", always_2d=True))
        except soundfile.LibsndfileError as error:
            raise VoiceError(f"{file} is damaged: {error}", "Record or download it again.") from error
    if len(frames) == 0:
        raise VoiceError(f"{file} holds no audio (0 samples).", "Give a file with sound in it.")
    return Recording(resample(to_mono(frames, channel), source.sample_rate), source, _missing_data(file))


def check_recording(path: str | Path) -> None:
    """Raise what read_recording raises for a missing, empty or foreign file; reads the header only."""
    file = _file(path)
    with _open(file) as sound:
        if sound.frames == 0:
            raise VoiceError(f"{file} holds no audio (0 samples).", "Give a file with sound in it.")


def _file(path: str | Path) -> Path:
    try:
        file = Path(path).expanduser()
        file.exists()
    except (OSError, RuntimeError) as error:  # a home of nobody, a folder that is closed to us, a name that is too long
        raise VoiceError(f"{path} cannot be looked for: {error}.", "Check the path and who may read it.") from error
    return file


def _open(file: Path) -> soundfile.SoundFile:
    if not file.exists():
        raise VoiceError(f"there is no file {file}.", "Check the path; a relative one starts where the node did.")
    if file.is_dir():
        raise VoiceError(f"{file} is a folder.", "Give one audio file, or a list of them in `files`.")
    if file.stat().st_size == 0:
        raise VoiceError(f"{file} is empty (0 bytes).", "Record or download it again.")
    try:
        return soundfile.SoundFile(str(file))
    except (soundfile.LibsndfileError, OSError) as error:
        raise VoiceError(
            f"{file} cannot be read as audio: {error}",
            "Give a WAV, FLAC, OGG or MP3 file; if it is one, it is cut off or damaged: record or download it again.",
        ) from error


def _missing_data(file: Path) -> str:
    """A warning when a RIFF header promises more data than the file holds; libsndfile itself says nothing."""
    size = file.stat().st_size
    with file.open("rb") as raw:
        head = raw.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return ""
        while len(chunk := raw.read(8)) == 8:
            length = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                present = size - raw.tell()
                if length in _UNKNOWN_SIZES or present >= length:
                    return ""
                return f"{file} is cut off: {present} of the {length} bytes of sound it promises are there; used."
            raw.seek(length + (length & 1), 1)
    return ""
