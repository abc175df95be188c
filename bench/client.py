"""A connection that is kept, and asks the same again and again: as little as possible beside what is measured."""

from __future__ import annotations

import re
import socket
import time
from typing import Self

TIMEOUT = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)


class Client:
    """One connection to a port of this machine; open it with `with`.

    Args:
        port: Where to.
        request: All the bytes of one request.
    """

    def __init__(self, port: int, request: bytes) -> None:
        self._port = port
        self._request = request
        self._sock = socket.socket()

    def __enter__(self) -> Self:
        self._sock.settimeout(TIMEOUT)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._sock.connect(("127.0.0.1", self._port))
        except OSError:
            self._sock.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def ask(self) -> bytes:
        """Send the request and read the body of its answer.

        Raises:
            OSError: If the answer is no 200, or there is none.
        """
        self._sock.sendall(self._request)
        data = self._more()
        while (head := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        length = _LENGTH.search(data, 0, head)
        if not data.startswith(b"HTTP/1.1 200 ") or length is None:
            raise OSError(f"no good answer: {data[:300]!r}")
        end = head + 4 + int(length[1])
        while len(data) < end:
            data += self._more()
        return data[head + 4 :]

    def timed(self) -> float:
        """Milliseconds of one exchange."""
        begin = time.perf_counter()
        self.ask()
        return (time.perf_counter() - begin) * 1e3

    def _more(self) -> bytes:
        data = self._sock.recv(65536)
        if not data:
            raise OSError("the connection was closed")
        return data


def post(path: str, body: bytes) -> bytes:
    """The bytes of a POST of JSON."""
    return b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        path.encode(),
        len(body),
        body,
    )


def get(path: str) -> bytes:
    """The bytes of a GET."""
    return b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path.encode()
