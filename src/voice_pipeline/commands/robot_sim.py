"""`robot_sim`: the simulated Reachy Mini by itself, until Ctrl-C. What `robot:=sim` starts."""

from __future__ import annotations

import sys

from voice_pipeline.motion.simulator import main

if __name__ == "__main__":
    sys.exit(main())
