"""POST a message to a URL, signed as Standard Webhooks 1.0.0 says (https://www.standardwebhooks.com)."""

from __future__ import annotations

import asyncio
import base64
import hmac
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.http1.addresses import networks
from plait.http1.certificates import client_context
from plait.http1.dial import ClientTls
from plait.http1.renewed import Renewed
from plait.http1.single import Target, ask
from plait.sinks.sender import NotTaken, Unwanted
from plait.spec.address import parse_hook
from plait.spec.tls import PredictorTls
from plait.spec.webhooks import key_of

if TYPE_CHECKING:
    from plait.jobs.records import StoredOutgoing
    from plait.spec.sinks import WebhookSink
    from plait.types import Header

_TAKEN = range(200, 300)
_GONE = 410


class Webhook:
    """Sends to one URL, each message on a connection of its own.

    Args:
        spec: A sink without problems.
    """

    def __init__(self, spec: WebhookSink) -> None:
        self.target = spec.webhook
        address, path = parse_hook(spec.webhook)
        fields = "".join(f"{name}: {value}\r\n" for name, value in spec.headers.items())
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {address.authority}\r\nContent-Type: application/json\r\nUser-Agent: plait\r\n"
            f"Connection: close\r\n{fields}"
        )
        self._key = None if spec.secret is None else key_of(spec.secret)
        self._timeout = spec.timeout
        self._address = address
        self._allowed = networks(spec.allow)
        self._to: Target | None = None

    async def send(self, message: StoredOutgoing, /) -> None:
        """POST it; any 2xx takes it.

        Raises:
            Unwanted: If it says 410.
            NotTaken: If it says anything else, or nothing.
        """
        try:
            answer = await ask(await self._target(), self._request(message), self._timeout)
        except PlaitError as exc:
            raise NotTaken(exc.detail) from None
        if answer.status == _GONE:
            raise Unwanted("its receiver said 410: it wants nothing more")
        if answer.status not in _TAKEN:
            raise NotTaken(f"its receiver said {answer.status}", retry_after(answer.headers))

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _target(self) -> Target:
        """Whom to ask; what the system trusts takes 90 ms to read, which is done once, and not on the loop."""
        if self._to is None:
            address, tls = self._address, None
            if address.tls:
                trusted = await asyncio.to_thread(Renewed, partial(client_context, PredictorTls()), ())
                tls = ClientTls(trusted, address.host.rstrip("."))
            self._to = Target(address.host, address.port, tls, self._allowed)
        return self._to

    def _request(self, message: StoredOutgoing) -> bytes:
        name, moment, body = message_name(message.id), int(datetime.now(UTC).timestamp()), message.payload
        signed = "" if self._key is None else f"Webhook-Signature: {signature(self._key, name, moment, body)}\r\n"
        lines = f"Webhook-Id: {name}\r\nWebhook-Timestamp: {moment}\r\n{signed}Content-Length: {len(body)}\r\n\r\n"
        return (self._head + lines).encode("latin-1") + body


def message_name(message: str) -> str:
    """What a receiver knows a message by: the same for the same message, however often it comes."""
    return f"msg_{blake2b(message.encode(), digest_size=16).hexdigest()}"


def signature(key: bytes, name: str, moment: int, body: bytes) -> str:
    """The value of the field `webhook-signature`: HMAC-SHA256 over id, moment and body, in Base64."""
    signed = hmac.new(key, f"{name}.{moment}.".encode() + body, sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def retry_after(headers: Header) -> float | None:
    """Seconds that a receiver wants to be left alone, if it says so: a number, or a date (RFC 9110, 10.2.3)."""
    text = headers.get(b"retry-after", b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
