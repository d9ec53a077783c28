"""`container`: a whole profile in one process. What `use_composition:=true` starts, and what a machine without
`ros2 launch` uses."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack

from voice_pipeline.bringup.container import Container
from voice_pipeline.bringup.plan import AUDIO, ROBOTS, SIM_PORT, make_plan
from voice_pipeline.bringup.platform import default_profile
from voice_pipeline.bringup.profile import NODES
from voice_pipeline.commands._arguments import Parser, add_record, add_settings, parse_settings
from voice_pipeline.commands._values import existing_file, namespace, output_file, port
from voice_pipeline.errors import VoiceError

_LEVELS = ("", "debug", "info", "warn", "error", "fatal")


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 after Ctrl-C, 2 for a wrong profile or parameter."""
    parser = Parser(prog="container", description="Run every node of a profile in one process.")
    parser.add_argument(
        "--profile", default=default_profile(), help="jetson, desktop, demo, or a path (default %(default)s)"
    )
    parser.add_argument("--namespace", type=namespace, default="")
    parser.add_argument("--robot", choices=ROBOTS, default="", help="default: what the profile says")
    parser.add_argument("--audio", choices=AUDIO, default="", help="default: what the profile says")
    parser.add_argument("--file", type=existing_file, help="a recording to hear in place of the microphone")
    parser.add_argument(
        "--answer", type=output_file, help="the WAV to write what is said to, in place of the loudspeaker"
    )
    add_record(parser)
    parser.add_argument("--no-autostart", action="store_true", help="wait for the supervisor's `startup` service")
    parser.add_argument("--use-sim-time", action="store_true")
    parser.add_argument("--sim-port", type=port, default=SIM_PORT)
    parser.add_argument(
        "--log-level", type=str.lower, choices=_LEVELS, default="", metavar="LEVEL", help="debug, info, warn, error"
    )
    parser.add_argument(
        "--nodes", nargs="*", choices=NODES, default=[], metavar="NODE", help="just these of the profile's nodes"
    )
    add_settings(parser)
    # `ros2 launch` appends --ros-args; what it remaps is said by --namespace here.
    options, _ = parser.parse_known_args(args)
    try:
        overrides = parse_settings(options.set)
        plan = make_plan(
            options.profile,
            robot=options.robot,
            audio=options.audio,
            autostart=not options.no_autostart,
            use_sim_time=options.use_sim_time,
            port=options.sim_port,
            only=options.nodes,
            record=options.record,
            file=str(options.file or ""),
            answer=str(options.answer or ""),
            overrides=overrides,
        )
        with ExitStack() as stack:
            if plan.simulator_port is not None:
                from voice_pipeline.motion.simulator import SimulatedRobot

                stack.enter_context(SimulatedRobot(port=plan.simulator_port, physics=plan.simulator_physics))
            return Container(plan, options.namespace, options.log_level).run()
    except VoiceError as error:
        print(f"container: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
