"""Runs the Reachy Mini daemon inside the robot's own environment; apart because it is executed by another Python.

Usage: python daemon_launcher.py DAEMON_ARGUMENTS...

Three things the daemon cannot be told: up to release 1.4 it opens TCP 7447 for its SDK, so that a second daemon on the
machine fails (here it takes any free port, nobody uses it); later ones announce themselves by multicast (here not); and
it outlives whoever started it (here it ends when its standard input is closed, which the kernel does for a parent that
dies).
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any


def main() -> None:
    from reachy_mini.daemon.app.main import main as daemon  # type: ignore[import-not-found]

    with suppress(ImportError):  # later releases do without
        import zenoh  # type: ignore[import-not-found]

        open_session = zenoh.open

        def open_on_any_port(config: Any) -> Any:
            config.insert_json5("listen/endpoints", '["tcp/127.0.0.1:0"]')
            config.insert_json5("connect/endpoints", "[]")
            return open_session(config)

        zenoh.open = open_on_any_port
    with suppress(ImportError):  # since 1.8: it would tell every network around of a robot that nobody there can reach
        from reachy_mini.utils.discovery import MdnsServiceRegistration  # type: ignore[import-not-found]

        for method in ("register", "unregister", "update_name"):
            setattr(MdnsServiceRegistration, method, lambda *_args, **_options: None)
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv[0] = "reachy-mini-daemon"
    daemon()


def end_with_parent() -> None:
    while os.read(0, 64):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
