"""How an executable of the package starts: quiet about a Ctrl-C that comes while it still imports, which takes a second."""

from __future__ import annotations

import importlib
import os
import signal


def start(module: str) -> int:
    """Import a node or a command and run its main(); returns the exit code.

    Until then SIGINT and SIGTERM end the process: a node as a stopped one (0), a command as an interrupted one (130).
    """
    node = ".nodes." in module
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: os._exit(0 if node else 130)) for number in signals]
    main = importlib.import_module(module).main
    if not node:  # nodes have handlers of their own, a moment later
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
    return int(main())
