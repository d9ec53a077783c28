"""What a recorded minute costs: the recorder's processor time while recordings are played, and the size of its file
under each compression. Run with `python -m bench.hearing.recording`; takes as long as the recordings plus start-up."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import psutil

from voice_pipeline.bringup.session import Session
from voice_pipeline.commands._audio_folder import folders, load_folder
from voice_pipeline.commands._eval_ears import Ears
from voice_pipeline.commands._eval_files import _play_one
from voice_pipeline.recording.bag_file import COMPRESSIONS, BagFile
from voice_pipeline.recording.reader import BagReader, bag_files

MB, NS = 1e6, 1e9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=4, help="how many recordings of the first folder (default 4)")
    parser.add_argument("--audio", type=Path, nargs="*")
    options = parser.parse_args()
    recordings = load_folder(folders(options.audio)[0])[: options.limit]
    with tempfile.TemporaryDirectory() as temporary:
        kept = Path(temporary) / "kept"
        only = ("audio_capture", "vad", "asr")
        with Session(
            "demo", Path(temporary) / "logs", robot="none", audio="file", only=only, record=str(kept)
        ) as session:
            recorder = psutil.Process(session.processes.running["recorder"].pid)
            ears = Ears(session)
            before, began = sum(recorder.cpu_times()[:2]), time.monotonic()
            for recording in recordings:
                _play_one(session, ears, recording.path.resolve())
            seconds = time.monotonic() - began
            used = sum(recorder.cpu_times()[:2]) - before
            memory = recorder.memory_info().rss
        report(kept, used / seconds, seconds, memory)
    return 0


def report(kept: Path, share: float, seconds: float, memory: int) -> None:
    """Print the figures of one run."""
    print(f"{seconds:.0f} s played; recorder: {100 * share:.1f} % of a core, {memory / MB:.0f} MB of memory")
    (path,) = bag_files([kept])
    messages = list(BagReader(path))
    minutes = (messages[-1].log_ns - messages[0].log_ns) / NS / 60
    print(f"as recorded: {path.stat().st_size / MB / minutes:.2f} MB a minute, {len(messages) / minutes:.0f} messages")
    for name in COMPRESSIONS:
        began = time.process_time()
        file = BagFile(kept / f"{name}.mcap", name)
        flushed_ns = 0
        for m in messages:
            file.add(m.topic, m.type_name, m.log_ns, m.publish_ns, m.data, m.definition)
            if m.log_ns - flushed_ns > NS:
                file.flush()
                flushed_ns = m.log_ns
        file.close()
        size, cpu = file.path.stat().st_size, time.process_time() - began
        print(f"{name}: {size / MB / minutes:.2f} MB a minute, writing alone {1e3 * cpu / minutes:.0f} ms a minute")


if __name__ == "__main__":
    sys.exit(main())
