"""Listening sockets, and why there is none."""

from __future__ import annotations

import errno
import json
import resource
import socket
import struct
import sys
from asyncio import BaseTransport, Transport
from contextlib import suppress
from hashlib import blake2b

from plait.errors import StartError

BACKLOG = 2048

_HIGHEST = 65535
_DESCRIPTORS = 1 << 16
_AT_ONCE = struct.pack("ii", 1, 0)
_SPREADS = sys.platform.startswith("linux")


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; port 0 takes a free one.

    Raises:
        StartError: If the address cannot be had, in one line that says why.
    """
    if not 0 <= port <= _HIGHEST:  # the resolver would take the remainder
        raise StartError(f"{port} is no port; take one from 0 to {_HIGHEST}")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError):  # the latter is what the resolver says to a name with an empty or overlong label
        raise StartError(f"the host {host} does not resolve to an address") from None
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's own
    except OSError as exc:
        sock.close()
        if exc.errno == errno.EADDRINUSE:
            raise StartError(f"port {port} on {host} is in use; stop what listens there, or take another port") from None
        raise StartError(f"cannot listen on {host} port {port}: {exc.strerror}") from None
    return sock


def listen_together(host: str, port: int, count: int) -> list[socket.socket]:
    """Sockets that listen on one address, over which the system spreads clients evenly; each has a queue of its own.

    Where the system (not Linux) would not spread them, all are the same one with one queue.

    Raises:
        StartError: As for `listen`.
    """
    first = listen(host, port)
    if not _SPREADS:
        return [first, *(first.dup() for _ in range(1, count))]
    # Allowed only now: before, the port would be had beside strangers who share it as well.
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return [first, *(_beside(first) for _ in range(1, count))]


def _beside(first: socket.socket) -> socket.socket:
    sock = socket.socket(first.family, first.type, first.proto)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(first.getsockname())
        sock.listen(BACKLOG)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's own
    except OSError as exc:
        sock.close()
        raise StartError(f"cannot listen with several workers: {exc.strerror}") from None
    return sock


def reset_when_closed(transport: BaseTransport) -> None:
    """Have the connection end with a reset, which no reader takes for a good end."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)


def peer_of(transport: BaseTransport) -> str:
    """The address of who is at the other end; empty if that has none."""
    name = transport.get_extra_info("peername")
    return name[0] if isinstance(name, tuple) else ""


def client_of(transport: BaseTransport) -> str:
    """Who is at the other end, by the certificate that was verified; empty without one.

    A certificate that is renewed with the same names by the same authority is the same client's. One without names is only itself.
    """
    tls = transport.get_extra_info("ssl_object")
    shown = None if tls is None else tls.getpeercert()
    if not shown:  # there is none, or nobody has verified it
        return ""
    names = [shown.get(name) for name in ("subject", "subjectAltName")]
    said = json.dumps([shown.get("issuer"), *names]).encode() if any(names) else tls.getpeercert(binary_form=True)
    return blake2b(said, digest_size=16).hexdigest()


def room_for_clients() -> int:
    """How many clients this process has descriptors for: half of all, the rest is for asking predictors.

    The limit that most shells start with, 1,024, is raised first as far as the system allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(_descriptors(hard), _DESCRIPTORS)
    if _descriptors(soft) < wanted:
        with suppress(OSError, ValueError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return _descriptors(resource.getrlimit(resource.RLIMIT_NOFILE)[0]) // 2


def _descriptors(limit: int) -> int:
    return _DESCRIPTORS if limit == resource.RLIM_INFINITY else limit


def url_of(sock: socket.socket, *, tls: bool = False) -> str:
    """The URL under which a listening socket is reached from this machine."""
    return url_at(*sock.getsockname()[:2], tls=tls)


def url_at(host: str, port: int, *, tls: bool = False) -> str:
    """The URL of an address."""
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def unsent(transport: Transport | None) -> int:
    """Bytes that wait for the other side to take them."""
    return 0 if transport is None else transport.get_write_buffer_size()
