"""Listening, and why not."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from plait.errors import StartError
from plait.server.sockets import listen, listen_together, room_for_clients, url_at, url_of


def test_port_0_takes_a_free_one() -> None:
    with listen("127.0.0.1", 0) as one, listen("127.0.0.1", 0) as other:
        assert url_of(one) != url_of(other)
        port = one.getsockname()[1]
        assert url_of(one) == f"http://127.0.0.1:{port}"
        socket.create_connection(("127.0.0.1", port)).close()


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    assert url_at("::1", 9000) == "http://[::1]:9000"
    assert url_at("localhost", 9000) == "http://localhost:9000"
    try:
        sock = listen("::1", 0)
    except StartError:
        pytest.skip("this machine has no IPv6")
    with sock:
        assert url_of(sock).startswith("http://[::1]:")


def test_a_port_in_use_is_told_in_one_line() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"^port {port} on 127.0.0.1 is in use; .*another port$"):
            listen("127.0.0.1", port)


def test_sockets_that_listen_together_get_a_like_share_of_clients() -> None:
    with ExitStack() as stack:
        socks = [stack.enter_context(sock) for sock in listen_together("127.0.0.1", 0, 2)]
        assert url_of(socks[0]) == url_of(socks[1])
        for _ in range(128):
            stack.enter_context(socket.create_connection(socks[0].getsockname()))
        shares = [_taken(sock) for sock in socks]
    assert sum(shares) == 128
    assert min(shares) >= 32


def _taken(sock: socket.socket) -> int:
    count = 0
    while True:
        try:
            sock.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def test_a_port_that_others_listen_on_together_is_in_use() -> None:
    one, other = listen_together("127.0.0.1", 0, 2)
    with one, other:
        port = one.getsockname()[1]
        with pytest.raises(StartError, match=f"^port {port} on 127.0.0.1 is in use"):
            listen_together("127.0.0.1", port, 2)


def test_a_port_is_free_again_once_it_was_closed() -> None:
    with listen("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
    listen("127.0.0.1", port).close()


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("nonexistent.invalid", 0, "the host nonexistent.invalid does not resolve to an address"),
        ("127.0.0.1", 70_000, "70000 is no port"),
        ("127.0.0.1", -1, "-1 is no port"),
        ("203.0.113.1", 0, "cannot listen on 203.0.113.1 port 0: Cannot assign requested address"),
    ],
)
def test_an_address_that_cannot_be_had_is_told_in_one_line(host: str, port: int, reason: str) -> None:
    with pytest.raises(StartError) as caught:
        listen(host, port)
    assert caught.value.detail.startswith(reason)
    assert "\n" not in caught.value.detail


@pytest.fixture
def few_descriptors() -> Iterator[int]:
    """A soft limit lower than this process may have; the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_half_of_the_descriptors_are_left_for_predictors_and_a_low_limit_is_raised(few_descriptors: int) -> None:
    room = room_for_clients()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert (room, hard) == (soft // 2, few_descriptors)
    assert soft > 512 or hard == 512
