"""Giving up an answer over TLS ends its connection: TLS takes over the socket that was connected, which cannot be shut any more."""

import socket
import ssl
from types import SimpleNamespace

import httpx
import pytest

from voice_pipeline.dialogue.connection import Sockets


def tell(sockets, event, sock):
    """As httpx's transport does."""
    request = httpx.Request("GET", "http://127.0.0.1/")
    for hook in sockets.hooks["request"]:
        hook(request)
    stream = SimpleNamespace(get_extra_info=lambda what: sock if what == "socket" else None)
    request.extensions["trace"](event, {"return_value": stream})


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    theirs.settimeout(60.0)
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize("late", [False, True])
def test_a_connection_that_tls_took_over_is_shut(pair, late):
    ours, theirs = pair
    sockets = Sockets()
    tell(sockets, "connection.connect_tcp.complete", ours)
    with ssl.create_default_context().wrap_socket(
        ours, do_handshake_on_connect=False, server_hostname="localhost"
    ) as secure:
        assert ours.fileno() == -1
        if late:
            sockets.shut()
        tell(sockets, "connection.start_tls.complete", secure)
        sockets.shut()
        assert theirs.recv(1) == b""


def test_a_plain_connection_is_shut(pair):
    ours, theirs = pair
    sockets = Sockets()
    tell(sockets, "connection.connect_tcp.complete", ours)
    sockets.shut()
    assert theirs.recv(1) == b""
