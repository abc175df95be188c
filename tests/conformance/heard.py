"""Answers read from raw bytes, to the letter of RFC 9112."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2}) [\t -~]*")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~]*?)[ \t]*")


class Misheard(Exception):
    """What the server sent is no answer."""


@dataclass(frozen=True)
class Heard:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


def heard(data: bytes, *, head: bool) -> tuple[Heard, bytes] | None:
    """The first answer and what follows it; None while it is not whole.

    Args:
        data: What the server has sent.
        head: Whether it answers HEAD, and therefore has no body.
    """
    top, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return None
    line, *lines = top.split(b"\r\n")
    found = _STATUS.fullmatch(line)
    fields = [_FIELD.fullmatch(each) for each in lines]
    if found is None or None in fields:
        raise Misheard("the head is malformed")
    status = int(found[1])
    pairs = [(field[1].decode().lower(), field[2].decode()) for field in fields if field]
    headers = dict(pairs)
    if len(headers) < len(pairs):
        raise Misheard("a field stands twice")
    informs = status < 200 or status == 204
    if informs == ("content-length" in headers) or "transfer-encoding" in headers:
        raise Misheard("the framing is not what it must be")
    length = 0 if head or informs or status == 304 else int(headers["content-length"])
    if len(rest) < length:
        return None
    return Heard(status, headers, rest[:length]), rest[length:]
