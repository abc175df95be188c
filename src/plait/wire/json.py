"""The plain protocol: POST the JSON, take JSON back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plait.jsontext import NotJson, validate
from plait.types import Header, Message, Run
from plait.wire.answer import check_fields, check_status, not_json

_TRACE = "traceparent"
"""Passed on by every route already."""


@dataclass(frozen=True, slots=True)
class JsonCodec:
    """One predictor that speaks it.

    Args:
        before: The request up to its id: `POST /predict?id=`.
        after: What never changes behind it, up to the length of the body.
        forward: Lower-case names of the client's header fields that this predictor may see.
        pass_status: The statuses by which it says that the request is wrong.
    """

    before: bytes
    after: bytes
    forward: tuple[bytes, ...]
    pass_status: frozenset[int]

    @classmethod
    def of(
        cls, path: str, authority: str, headers: Mapping[str, str], forward: Sequence[str], pass_status: Sequence[int]
    ) -> JsonCodec:
        """The codec for an address and what the file says of it."""
        before = f"POST {path}{'&' if '?' in path else '?'}id="
        own = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        fields = f"Host: {authority}\r\nContent-Type: application/json\r\nAccept: application/json\r\n{own}"
        after = f" HTTP/1.1\r\n{fields}Content-Length: "
        written = {_TRACE, *(name.lower() for name in headers)}  # a field of the client's beside ours would be there twice
        shown = dict.fromkeys(name.lower().encode() for name in forward if name.lower() not in written)
        return cls(before.encode(), after.encode(), tuple(shown), frozenset(pass_status))

    def encode(self, message: Message, run: Run, seconds: float) -> bytes:
        """`POST path?id=… HTTP/1.1` with the body as it is and the time that is left."""
        extra = run.forwarded
        headers = run.headers
        for name in self.forward:
            value = headers.get(name)
            if value is not None and not _of_connection(name, headers):
                extra += b"%b: %b\r\n" % (name, value)
        body = message.raw
        return b"%b%b%b%d\r\nX-Request-Id: %b\r\nX-Request-Timeout: %dms\r\n%b\r\n%b" % (
            self.before,
            run.request_id,
            self.after,
            len(body),
            run.request_id,
            int(seconds * 1000) or 1,
            extra,
            body,
        )

    def decode(self, status: int, headers: Header, body: bytes) -> Message:
        """The body, if it is a success and JSON."""
        complete = True
        if headers.accepted_by is not self:
            check_status(status, body, self.pass_status)
            complete = check_fields(status, headers)
            if complete:
                headers.accepted_by = self
        try:
            validate(body)
        except NotJson as exc:
            raise not_json(exc, status, body) from None
        return Message(body, complete)


def _of_connection(name: bytes, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a field belongs to the client's connection: its Connection field says so (RFC 9110, 7.6.1)."""
    named = headers.get(b"connection")
    return named is not None and name in [option.strip() for option in named.lower().split(b",")]
