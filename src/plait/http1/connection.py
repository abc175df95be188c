"""One connection to a predictor: one exchange at a time, and never a byte that was not asked for."""

from __future__ import annotations

import asyncio
import math
import ssl
from typing import TYPE_CHECKING, Protocol

from plait.errors import BadAnswer, CutOff, PlaitError, Unreachable
from plait.http1.reader import ResponseReader
from plait.http1.tls_reasons import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.types import Header


class Exchange(Protocol):
    """A request and whoever waits for its answer; hears exactly once, unless it let go of its connection before."""

    data: bytes
    connection: Connection | None

    def answered(self, status: int, headers: Header, body: bytes) -> None: ...

    def broke(self, error: PlaitError, *, stale: bool) -> None:
        """No answer. `stale`: a kept connection had been closed, and not one byte of an answer was read."""


class Connection(asyncio.Protocol):
    """A connection of a pool.

    Args:
        reader: Reads the answers.
        released: Called when the connection can carry another exchange; never from within the exchange's own callbacks.
        closed: Called once when it is gone.

    `used` says whether it has carried an exchange, `surplus` whether it brought bytes that nobody had asked for. The pool keeps
    here since when it knows it to rest, from when on it is old, and whether it is too old for another exchange.
    """

    __slots__ = (
        "_closed", "_exchange", "_reader", "_released", "old", "old_from", "rests_since", "surplus", "transport", "used",
    )  # fmt: skip

    def __init__(
        self, reader: ResponseReader, released: Callable[[Connection], None], closed: Callable[[Connection], None]
    ) -> None:
        self._reader = reader
        self._released = released
        self._closed = closed
        self._exchange: Exchange | None = None
        self.transport: asyncio.Transport | None = None
        self.used = False
        self.surplus = False
        self.rests_since = math.inf
        self.old_from = math.inf
        self.old = False

    @property
    def usable(self) -> bool:
        """Whether it can carry an exchange now."""
        return self._exchange is None and self.transport is not None and not self.transport.is_closing()

    def send(self, exchange: Exchange) -> bool:
        """Begin an exchange; false if it has ended in the meantime."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return False
        self._exchange = exchange
        exchange.connection = self
        transport.write(exchange.data)
        return True

    def abandon(self) -> None:
        """Let go of the exchange; whatever still comes belongs to nobody, so the connection ends."""
        self._exchange = None
        self._reader.forget()
        if self.transport is not None:
            self.transport.abort()

    def close(self) -> None:
        """End, between two exchanges."""
        if self.transport is not None:
            self.transport.close()

    def fail(self, error: PlaitError) -> None:
        """End, and tell the exchange why."""
        exchange = self._exchange
        self.abandon()
        if exchange is not None:
            exchange.broke(error, stale=False)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self.transport = transport  # type: ignore[assignment] # a stream transport

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer, or such as nobody asked for."""
        exchange = self._exchange
        if exchange is None:
            self.surplus = True
            self.abandon()
            return
        try:
            if not self._reader.feed(data):
                return
        except BadAnswer as exc:
            self.fail(exc)
            return
        self._finish(exchange)

    def eof_received(self) -> None:
        """The predictor has closed its side: the answer ends there, or is cut short."""
        exchange = self._exchange
        if exchange is not None and self._reader.end():
            self._finish(exchange)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        exchange, self._exchange = self._exchange, None
        self.transport = None
        self._reader.close()
        self._closed(self)
        if exchange is None:
            return
        if self._reader.started:
            exchange.broke(CutOff("the connection closed in the middle of the answer"), stale=False)
        elif isinstance(exc, ssl.SSLError) and not self.used:  # in TLS 1.3 it judges our certificate after our handshake
            exchange.broke(Unreachable(f"no connection: {refusal(exc)}"), stale=False)
        else:
            exchange.broke(CutOff("the connection closed before an answer"), stale=self.used)

    def _finish(self, exchange: Exchange) -> None:
        reader = self._reader
        transport = self.transport
        body, reader.body = reader.body, b""
        self._exchange = exchange.connection = None
        # Answered before the request was sent whole: the rest of it would be read as the next request.
        if reader.clean and transport is not None and not transport.get_write_buffer_size():
            self.used = True
            self._released(self)
        else:
            self.surplus = reader.surplus
            self.abandon()
            if reader.surplus and self.used:
                # The first of two answers may be a late one to the exchange before: better none than another caller's.
                exchange.broke(BadAnswer("it sent more than one answer"), stale=False)
                return
        exchange.answered(reader.status, reader.headers, body)
