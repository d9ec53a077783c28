"""A held port: nobody is given it by chance, and the server it is meant for gets it."""

import socket
import subprocess
import sys

import pytest

from patience import until
from voice_pipeline.errors import VoiceError
from voice_pipeline.ports import HeldPort

# As the kernel hands them out to a server that asks for any (with and without leave to share), and to a client.
DRAWS = 2000


def drawn(*options):
    """One port the kernel chooses."""
    with socket.socket() as any_port:
        for option in options:
            any_port.setsockopt(socket.SOL_SOCKET, option, 1)
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


@pytest.mark.parametrize("options", [(), (socket.SO_REUSEADDR,), (socket.SO_REUSEPORT,)])
def test_the_kernel_gives_a_held_port_to_no_other_server(options):
    held = [HeldPort() for _ in range(500)]
    try:
        numbers = {port.number for port in held}
        assert len(numbers) == 500
        assert not numbers & {drawn(*options) for _ in range(DRAWS)}
    finally:
        for port in held:
            port.release()


@pytest.mark.parametrize("option", [socket.SO_REUSEADDR, socket.SO_REUSEPORT])
def test_a_server_that_asks_for_it_gets_it_and_again_after_it_ended(option):
    with HeldPort() as held:
        for _ in range(2):
            with socket.socket() as server, socket.socket() as client:
                server.setsockopt(socket.SOL_SOCKET, option, 1)
                server.bind(("127.0.0.1", held.number))
                server.listen()
                client.connect(("127.0.0.1", held.number))


def test_a_port_where_somebody_listens_is_told():
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        with pytest.raises(VoiceError, match=f"Port {number} .* is taken"):
            HeldPort(number)


def test_a_released_port_is_free_for_a_socket_that_shares_with_nobody():
    held = HeldPort()
    held.release()
    held.release()
    with socket.socket() as alone:
        alone.bind(("127.0.0.1", held.number))


def free_for_one(number):
    """For a socket that shares with nobody."""
    with socket.socket() as alone:
        try:
            alone.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True


def test_a_child_does_not_inherit_it():
    with HeldPort() as held:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
        held.release()
        # The kernel lets the parent of a spawned process go on a moment before it closes what exec closes.
        until(lambda: free_for_one(held.number), "the port to be free while the child lives")
        assert child.poll() is None
        child.communicate(b"\n")
