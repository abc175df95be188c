"""Ask a predictor about itself: GET a path, take JSON back."""

from __future__ import annotations

from dataclasses import dataclass

from plait.types import Header, Message, Run
from plait.wire.answer import check_fields, check_status, json_answer

_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ProbeCodec:
    """GET one path of one predictor.

    Args:
        path: Such as `/health`.
        authority: The Host field.
    """

    path: str
    authority: str

    def encode(self, message: Message, run: Run, seconds: float) -> bytes:  # noqa: ARG002 - a GET has no body
        """`GET path?id=… HTTP/1.1`."""
        request_id = run.request_id.decode()
        target = f"{self.path}?id={request_id}"
        return (
            f"GET {target} HTTP/1.1\r\nHost: {self.authority}\r\nAccept: application/json\r\nX-Request-Id: {request_id}\r\n"
            f"X-Request-Timeout: {int(seconds * 1000) or 1}ms\r\n\r\n"
        ).encode()

    def decode(self, status: int, headers: Header, body: bytes) -> Message:
        """The body, if it is a success and JSON."""
        check_status(status, body, _NONE)
        return json_answer(status, body, complete=check_fields(status, headers))
