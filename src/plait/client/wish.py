"""What is sent where an answer may come later: what a job is asked for with, and where it is then."""

from __future__ import annotations

import math
import re
import secrets
from dataclasses import dataclass

from plait.errors import BadRequest

LONGEST_WAIT = 60.0
"""Seconds that a proxy waits for a job, at most."""
SILENCE = 45.0
"""Seconds without a sign of life after which nobody is thought to be there; a stream of a job's events has one every 15 s."""

_JOB = re.compile(r"[0-9a-f]{32}")
_KEY = re.compile(r"[ -~]{1,255}")
_SINK = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a job is asked for with.

    Args:
        key: The `Idempotency-Key`, by which it is the same job if it is asked for again.
        wait: Seconds in which the answer itself is waited for.
        notify: The sink that is to hear of its end.
    """

    key: str
    wait: float = 0.0
    notify: str | None = None

    @classmethod
    def of(cls, wait: float | None, key: str | None, notify: str | None) -> Wish:
        """A wish that has been looked at; without a key of the caller's, it has one of its own.

        Raises:
            BadRequest: If there is no such wait, key or sink.
        """
        if key is not None and _KEY.fullmatch(key) is None:
            raise BadRequest(f"{key!r} is no idempotency key; it takes 1 to 255 printable characters of ASCII")
        if notify is not None and _SINK.fullmatch(notify) is None:
            raise BadRequest(f"{notify!r} is no name of a sink")
        return cls(key or secrets.token_hex(16), 0.0 if wait is None else min(_seconds(wait), LONGEST_WAIT), notify)

    def fields(self) -> dict[str, str]:
        """The header fields that say so."""
        quoted = re.sub(r'(["\\])', r"\\\1", self.key)
        wait = f", wait={self.wait:.3f}" if self.wait else ""
        notify = {"x-plait-notify": self.notify} if self.notify else {}
        return {"prefer": f"respond-async{wait}", "idempotency-key": f'"{quoted}"', **notify}


def at_job(job: str) -> str:
    """Where a job is.

    Raises:
        BadRequest: If it is no id.
    """
    if _JOB.fullmatch(job) is None:
        raise BadRequest(f"{job!r} is no id of a job: one is 32 hexadecimal digits")
    return f"/jobs/{job}"


def _seconds(wait: object) -> float:
    if isinstance(wait, (int, float)) and 0 <= wait < math.inf:
        return float(wait)
    raise BadRequest(f"{wait!r} is no time to wait; give seconds, 0 or more, or None")
