"""What happened, as frozen records: nodes emit them, whoever wants to know subscribes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from plait.errors import PlaitError
    from plait.types import Message


class Part(msgspec.Struct, frozen=True, gc=False):
    """One call of a predictor has ended, retries included.

    `status` is one of ok, error, timeout, unreachable, skipped, cancelled, ejected, overloaded; `code` the predictor's HTTP status
    if an answer was read; `seconds` the time from asking to knowing.
    """

    key: str
    node: str
    predictor: str
    status: str
    seconds: float
    code: int | None = None
    attempts: int = 1
    endpoint: str = ""
    error: str = ""
    output: Message | None = None
    item: str = ""
    """Which item of a `map` it is of, as `.3`: the end of its key."""
    ended: float = 0.0
    """The moment at which it ended, on the run's clock; 0 for one that nobody had to wait for."""
    failure: PlaitError | None = None
    """Why there is no answer, of a run that is, or may become, a job; never one that was raised."""

    def within(self, item: str) -> Part:
        """The same as a part of an item, whose place comes before those of maps further in."""
        name = self.key.removesuffix(self.item)
        return msgspec.structs.replace(self, key=f"{name}{item}{self.item}", item=item + self.item)


class Acted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A rule has acted, or failed: on a part, by its key, or on the result.

    `did` lists what it has done, of alert, defer, set, drop, respond; `error` says what it has not done, and why.
    """

    rule: str
    on: str
    part: str | None = None
    did: list[str]
    error: str | None = None
