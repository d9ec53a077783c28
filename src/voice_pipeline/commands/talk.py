"""`talk`: a conversation with the simulated robot through this machine's microphone and speaker. Ctrl-C ends it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from voice_pipeline.audio.devices import INPUT, OUTPUT
from voice_pipeline.audio.systems import check_device
from voice_pipeline.bringup.session import Session
from voice_pipeline.commands._arguments import Parser, add_record
from voice_pipeline.commands._screen import Screen
from voice_pipeline.commands._values import output_folder
from voice_pipeline.errors import VoiceError


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 after Ctrl-C, 2 no microphone, no speaker, or it could not start."""
    parser = Parser(prog="talk", description=__doc__)
    parser.add_argument(
        "--profile", default="demo", help="demo needs no model server (default); desktop and jetson take Ollama"
    )
    parser.add_argument("--robot", choices=("sim", "real", "none"), default="sim")
    parser.add_argument("--microphone", default="", help="name, or part of it (default: the system's)")
    parser.add_argument("--speaker", default="", help="name, or part of it (default: the system's)")
    add_record(parser)
    parser.add_argument("--out", type=output_folder, default="build/talk", help="logs/")
    options = parser.parse_args(args)
    problems = missing_devices(options.microphone, options.speaker)
    if problems:
        print("talk: " + "\n      ".join(problems), file=sys.stderr)
        print(
            "      Without them: `make demo` (recordings), `make demo WAV=file.wav`, or `ros2 run voice_pipeline chat` (typed).",
            file=sys.stderr,
        )
        return 2
    overrides = {"audio_capture": {"device": options.microphone}, "audio_player": {"device": options.speaker}}
    with Screen() as screen:
        try:
            screen.status("           starting…")
            with Session(
                options.profile,
                options.out / "logs",
                robot=options.robot,
                audio="device",
                record=options.record,
                overrides=overrides,
                on_event=screen.show,
            ) as session:
                screen.line(
                    "ready",
                    f"in {session.start_s:.1f} s; speak. Use headphones, unless the profile takes the echo out (demo does not). Ctrl-C ends.",
                )
                while True:
                    session.drain(0.2)
                    while session.watcher.answered:
                        screen.turn(session.watcher.answered.pop(0))
                        session.watcher.begin_turn()
        except VoiceError as error:
            screen.line("error", str(error), "red")
            return 2
        except KeyboardInterrupt:
            screen.line("stopped", "by Ctrl-C")
            return 0


def missing_devices(microphone: str, speaker: str) -> list[str]:
    """What this machine lacks for a conversation, each with its cure; empty when nothing."""
    problems = []
    for direction, name in ((INPUT, microphone), (OUTPUT, speaker)):
        try:
            check_device(name, direction)
        except VoiceError as error:
            problems.append(f"{direction.thing}: {error}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
