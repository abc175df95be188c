"""A client of a port with TLS until its handshake is done: counted, and given little time."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from plait.errors import BadRequest
from plait.http1.ids import new_id
from plait.http1.problem import problem
from plait.http1.tls import Tls
from plait.server.alarm import Alarm
from plait.server.front import Front
from plait.server.sockets import peer_of
from plait.server.wire_out import encode_response

if TYPE_CHECKING:
    from plait.http1.renewed import Renewed
    from plait.server.listener import Listener


class Doorstep(asyncio.Protocol):
    """What a transport calls first; once the handshake is done, a `Front` behind TLS has the client.

    Args:
        listener: What all connections share.
        certificates: What the client is shown.
    """

    __slots__ = ("_alarm", "_certificates", "_listener", "_peer", "_transport")

    def __init__(self, listener: Listener, certificates: Renewed) -> None:
        self._listener = listener
        self._certificates = certificates
        self._alarm = Alarm(listener.clock, self.abort)
        self._transport: asyncio.BaseTransport | None = None
        self._peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        listener = self._listener
        wrap = partial(self._certificates.context().wrap_bio, server_side=True)
        tls = Tls(Front(listener), wrap, self._ended, self._farewell)
        self._peer = peer_of(transport)
        if listener.take_in(self._peer) is not None:
            listener.let_go(self._peer)
            transport.close()  # to refuse it in words would take a handshake, which costs more than most answers
            return
        self._transport = transport
        listener.came(self)
        self._alarm.set(listener.deadlines.header)
        transport.set_protocol(tls)
        tls.connection_made(transport)

    def drain(self) -> None:
        """It has not asked for anything yet."""
        self.abort()

    def abort(self) -> None:
        """End at once."""
        if self._transport is not None:
            self._transport.abort()  # type: ignore[attr-defined] # a stream transport

    def _ended(self, error: OSError | None) -> None:
        """The handshake is done, or the connection gone."""
        self._alarm.drop()
        self._transport = None
        self._listener.let_go(self._peer)  # its front comes in anew
        if error is None:
            self._listener.passed(self)
        else:
            self._listener.left(self)

    def _farewell(self) -> bytes:
        response = problem(BadRequest("this port speaks TLS; write the URL with https://"), new_id())
        return encode_response(response, self._listener.date(), keep=False, head_only=False)
