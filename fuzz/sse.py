"""A reader of event streams, written from the WHATWG's HTML standard, 9.2.6: it knows nothing of plait."""

from __future__ import annotations

import re
from typing import NamedTuple

_LINE_END = re.compile("\r\n|\n|\r")


class Event(NamedTuple):
    """An event as a browser dispatches it."""

    name: str
    data: str


def events(stream: bytes) -> list[Event]:
    """The events of a whole stream; one that no empty line ends is none."""
    found: list[Event] = []
    name = ""
    data: list[str] = []
    *lines, _ = _LINE_END.split(stream.decode(errors="replace").removeprefix("\ufeff"))
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                found.append(Event(name or "message", "\n".join(data)))
            name, data = "", []
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
    return found
