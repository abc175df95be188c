"""What h11, a parser that has nothing in common with ours, reads in the same bytes."""

from __future__ import annotations

from typing import NamedTuple

import h11

_ROOM = 1 << 20


class Asked(NamedTuple):
    """A request as h11 reads it."""

    method: bytes
    target: bytes
    fields: list[tuple[bytes, bytes]]
    body: bytes
    surplus: bytes

    def values(self, name: bytes) -> list[bytes]:
        """Of the fields with this lower-case name, in order."""
        return [value for each, value in self.fields if each == name]


class Answered(NamedTuple):
    """An answer as h11 reads it."""

    status: int
    fields: list[tuple[bytes, bytes]]
    body: bytes
    surplus: bytes


def bare(value: bytes) -> bytes:
    """A field's value without blanks, in small letters: parsers may differ in these."""
    return value.translate(None, b" \t").lower()


def asked(data: bytes) -> Asked:
    """The one request that these bytes begin with.

    Raises:
        h11.RemoteProtocolError: If there is none.
        AssertionError: If it is not whole.
    """
    server = h11.Connection(h11.SERVER, max_incomplete_event_size=_ROOM)
    server.receive_data(data)
    head = server.next_event()
    assert isinstance(head, h11.Request), head
    body = _body(server)
    return Asked(head.method, head.target, list(head.headers), body, server.trailing_data[0])


def answered(data: bytes, *, closed: bool) -> Answered:
    """The one answer, to a POST, that these bytes begin with; `closed` says that no more will come.

    Raises:
        h11.RemoteProtocolError: If there is none.
        AssertionError: If it is not whole.
    """
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=_ROOM)
    client.send(h11.Request(method="POST", target="/", headers=[("Host", "a"), ("Content-Length", "0")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    if closed:
        client.receive_data(b"")
    head = client.next_event()
    while isinstance(head, h11.InformationalResponse):
        head = client.next_event()
    assert isinstance(head, h11.Response), head
    body = _body(client)
    return Answered(head.status_code, list(head.headers), body, client.trailing_data[0])


def _body(connection: h11.Connection) -> bytes:
    pieces = []
    while isinstance(event := connection.next_event(), h11.Data):
        pieces.append(bytes(event.data))
    assert isinstance(event, h11.EndOfMessage), event
    return b"".join(pieces)
