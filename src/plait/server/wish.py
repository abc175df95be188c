"""What a client wishes that takes its answer later: the header fields that say so, judged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from plait.errors import BadRequest
from plait.graph.hints import nearest
from plait.server.prefer import preferences, wait_of

LONGEST_WAIT = 60.0
"""Seconds that a client can have its answer waited for, at most; who wants to wait longer asks again."""
_KEY = re.compile(rb'"((?:[ !#-\[\]-~]|\\["\\]){1,255})"|([!#-+\--\[\]-~]{1,255})')


class Wish(NamedTuple):
    """That a request becomes a job, unless it ends within `wait` seconds.

    `key` is the client's `Idempotency-Key`, `notify` the sink that is to hear of the end.
    """

    wait: float
    key: str | None = None
    notify: str | None = None


def wish_of(headers: Mapping[bytes, bytes], sinks: Mapping[str, bool], longest: float = LONGEST_WAIT) -> Wish | None:
    """What the fields of a request wish; None for an answer as usual.

    Args:
        headers: By lower-case name.
        sinks: By name, whether clients may have jobs posted to it.
        longest: The seconds that it may wait.

    Raises:
        BadRequest: If a field has no meaning, or there is no such sink, or it is not for clients.
    """
    prefer, notify = headers.get(b"prefer"), headers.get(b"x-plait-notify")
    preferred = {} if prefer is None else preferences(prefer)
    if "respond-async" not in preferred:
        if notify is not None:
            raise BadRequest("X-Plait-Notify is for jobs; send it with Prefer: respond-async")
        return None
    wait = min(wait_of(preferred) or 0.0, longest)
    return Wish(wait, _key(headers.get(b"idempotency-key")), None if notify is None else _sink(notify, sinks))


def goes_later(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a job is wished for, whatever else."""
    prefer = headers.get(b"prefer")
    return prefer is not None and "respond-async" in preferences(prefer)


def longest_wait(headers: Mapping[bytes, bytes], most: float = LONGEST_WAIT) -> float:
    """The seconds that a client is willing to wait for a job that it asks about."""
    prefer = headers.get(b"prefer")
    return 0.0 if prefer is None else min(wait_of(preferences(prefer)) or 0.0, most)


def _key(value: bytes | None) -> str | None:
    """The key, which should stand in quotes; most clients leave them out, and mean the same."""
    if value is None:
        return None
    said = _KEY.fullmatch(value.strip(b" \t"))
    if said is None:
        raise BadRequest('Idempotency-Key is no text of 1 to 255 characters, such as "8e03978e-40d5-43dd-bc93-6894a57f9324"')
    quoted = re.sub(rb"\\(.)", rb"\1", said[1]) if said[1] is not None else said[2]
    return quoted.decode()


def _sink(value: bytes, sinks: Mapping[str, bool]) -> str:
    name = value.decode("latin-1")
    notifies = sinks.get(name)
    if notifies is None:
        raise BadRequest(f"X-Plait-Notify names no sink that there is; {nearest(name, [one for one in sinks if sinks[one]])}")
    if not notifies:
        raise BadRequest("X-Plait-Notify names a sink that is not for clients; it would have to say notify: true")
    return name
