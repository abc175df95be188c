"""One connection to a predictor keeps nothing of what it has carried: parsers are freed late, and a body may be of megabytes."""

from __future__ import annotations

import pytest

from plait.errors import PlaitError
from plait.http1.connection import Connection
from plait.http1.reader import ResponseReader
from plait.testing.server import ok

LIMIT = 1 << 20


class Asked:
    """An exchange that keeps what it hears."""

    data = b"a request"
    connection: Connection | None = None
    body: bytes | None = None

    def answered(self, status: int, headers: dict[bytes, bytes], body: bytes) -> None:
        self.body = body

    def broke(self, error: PlaitError, *, stale: bool) -> None:
        self.body = None


class Wire:
    """As much of a transport as a connection asks for."""

    def __init__(self) -> None:
        self.closing = False

    def write(self, data: bytes) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None:
        self.closing = True


@pytest.mark.parametrize(
    ("pieces", "answered"),
    [
        ([ok(b"1" * 1000)], True),
        ([ok(b"1" * 1000), b"surplus"], True),
        ([ok(b"1" * 1000)[:-1]], False),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3e8\r\n%b\r\n" % (b"1" * 1000), b"zebra"], False),
    ],
)
def test_nothing_is_kept_of_an_answer_whole_or_not(pieces: list[bytes], *, answered: bool) -> None:
    reader = ResponseReader(LIMIT)
    connection = Connection(reader, lambda _: None, lambda _: None)
    connection.connection_made(Wire())  # type: ignore[arg-type] # as much of one as is asked for
    asked = Asked()
    connection.send(asked)
    for piece in pieces:
        connection.data_received(piece)
    if not answered:
        connection.connection_lost(None)
    assert asked.body == (b"1" * 1000 if answered else None)
    assert (reader.body, reader._body, reader._chunks) == (b"", b"", None)
