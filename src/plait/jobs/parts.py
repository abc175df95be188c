"""Parts as they are kept, and what a run that is made again knows from them."""

from __future__ import annotations

from collections.abc import Iterable

from plait.events import Part
from plait.jobs import failures
from plait.jobs.records import StoredPart
from plait.types import Message, Recalled

_UNNEEDED = "cancelled"


def stored(part: Part) -> StoredPart:
    """A part, as it is kept."""
    output = part.output
    return StoredPart(
        key=part.key,
        node=part.node,
        predictor=part.predictor,
        status=part.status,
        code=part.code,
        seconds=part.seconds,
        attempts=part.attempts,
        endpoint=part.endpoint,
        error=part.error,
        item=part.item,
        output=None if output is None else output.raw,
        complete=output is None or output.complete,
        failure=None if part.failure is None else failures.kept(part.failure),
    )


def told(kept: StoredPart) -> Part:
    """The part that is kept."""
    return Part(
        kept.key,
        kept.node,
        kept.predictor,
        kept.status,
        kept.seconds,
        kept.code,
        kept.attempts,
        kept.endpoint,
        kept.error,
        None if kept.output is None else Message(kept.output, complete=kept.complete),
        kept.item,
    )


def recalled(parts: Iterable[StoredPart]) -> dict[str, Recalled]:
    """How calls ended, by their whole key: with an answer, with a failure, or needed by nobody.

    Of what was never asked, such as a node whose `when` did not hold, nothing is recalled.
    """
    known = {}
    for kept in parts:
        if kept.failure is not None:
            known[kept.key] = Recalled(told(kept), failures.revived(kept.failure))
        elif kept.output is not None or kept.status == _UNNEEDED:
            known[kept.key] = Recalled(told(kept))
    return known
