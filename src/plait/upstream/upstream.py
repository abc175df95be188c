"""A predictor as what we call: it encodes, sends within the deadline, and says how it ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from plait.errors import Overloaded, PlaitError, TimedOut, UpstreamError, fault
from plait.http1.connection import Connection
from plait.http1.dial import ClientTls
from plait.http1.endpoint import Bounds, Endpoint
from plait.spec.address import Address
from plait.wire.codec import Codec
from plait.wire.probe import ProbeCodec

if TYPE_CHECKING:
    from plait.types import Message, Run


class Receiver(Protocol):
    """Who asked."""

    def ended(self, outcome: Attempt, message: Message | None, error: PlaitError | None) -> None: ...


class Upstream:
    """One predictor at one address.

    Args:
        name: The predictor's name.
        address: Host and port.
        codec: Its protocol.
        timeout: Seconds that one call may take.
        bounds: What its endpoint may take.
        tls: How its connections are secured, if they are.
    """

    __slots__ = ("authority", "codec", "endpoint", "name", "timeout")

    def __init__(
        self, name: str, address: Address, codec: Codec, timeout: float, bounds: Bounds, tls: ClientTls | None = None
    ) -> None:
        self.name = name
        self.codec = codec
        self.timeout = timeout
        self.endpoint = Endpoint(address.host, address.port, bounds, tls)
        self.authority = address.authority

    def ask(self, message: Message, run: Run, deadline: float, receiver: Receiver) -> Attempt:
        """Begin a call that ends by the deadline."""
        return self._begin(self.codec, message, run, deadline, receiver)

    async def get(self, path: str, run: Run) -> Message:
        """Ask the predictor about itself, within its timeout.

        Raises:
            UpstreamError: If there is no good answer.
        """
        answer = Answer()
        codec = ProbeCodec(path, self.authority)
        attempt = self._begin(codec, run.message, run, run.clock.now() + self.timeout, answer)
        try:
            return await answer.future
        finally:
            attempt.cancel()

    def _begin(self, codec: Codec, message: Message, run: Run, deadline: float, receiver: Receiver) -> Attempt:
        seconds = deadline - run.clock.now()
        attempt = Attempt(self, codec, codec.encode(message, run, seconds), seconds, receiver)
        run.clock.at(deadline, attempt)
        attempt.send()
        return attempt

    async def close(self) -> None:
        """End every connection."""
        await self.endpoint.close()


class Answer:
    """A receiver that is one future."""

    __slots__ = ("future",)

    def __init__(self) -> None:
        self.future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    def ended(self, outcome: Attempt, message: Message | None, error: PlaitError | None) -> None:  # noqa: ARG002 - only how it ended
        """The answer, or the error."""
        if self.future.done():
            return
        if message is not None:
            self.future.set_result(message)
        else:
            self.future.set_exception(error or Overloaded("no answer"))


class Attempt:
    """A call under way: what travels, who waits, and what is known of it so far."""

    __slots__ = ("_codec", "_receiver", "_upstream", "attempts", "code", "connection", "data", "endpoint", "seconds")

    def __init__(self, upstream: Upstream, codec: Codec, data: bytes, seconds: float, receiver: Receiver) -> None:
        self._upstream = upstream
        self._codec = codec
        self._receiver: Receiver | None = receiver
        self.data = data
        self.seconds = seconds
        self.attempts = 1
        self.code: int | None = None
        self.endpoint = upstream.authority
        self.connection: Connection | None = None

    def send(self) -> None:
        """Begin the exchange, unless the call has ended."""
        if self._receiver is None:
            return
        try:
            self._upstream.endpoint.send(self)
        except Overloaded as exc:
            self._end(None, exc)

    def cancel(self) -> None:
        """Nobody waits any more."""
        if self._receiver is not None:
            self._receiver = None
            self.data = b""
            self._upstream.endpoint.drop(self)

    def expire(self) -> None:
        """The deadline has come."""
        receiver = self._receiver
        if receiver is not None:
            self.cancel()
            receiver.ended(self, None, TimedOut(f"no answer in {self.seconds * 1000:.0f} ms"))

    # What the connection calls.

    def answered(self, status: int, headers: dict[bytes, bytes], body: bytes) -> None:
        """An answer was read whole."""
        self.code = status
        try:
            message = self._codec.decode(status, headers, body)
        except UpstreamError as exc:
            self._end(None, exc)
        except Exception as exc:  # noqa: BLE001 - a callback has nobody above it who would answer
            self._end(None, fault(exc))
        else:
            self._end(message, None)

    def broke(self, error: PlaitError, *, stale: bool) -> None:
        """There was no answer; one that a closed connection swallowed is sent once more, on another."""
        self.connection = None
        if stale and self.attempts == 1:
            self.attempts = 2
            asyncio.get_running_loop().call_soon(self.send)
            return
        self.code = getattr(error, "answer_status", None)
        self._end(None, error)

    def _end(self, message: Message | None, error: PlaitError | None) -> None:
        receiver, self._receiver = self._receiver, None
        self.data = b""
        if error is not None and isinstance(error, UpstreamError):
            error.endpoint = self.endpoint
        if receiver is not None:
            receiver.ended(self, message, error)
