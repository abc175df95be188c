"""What a graph may say of acting on its results: rules, each with a condition and what to do."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from plait.spec.base import Spec
from plait.spec.fields import Duration, Json, Many, Name

FIELDS = r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*"
Fields = Annotated[str, Field(pattern=f"^{FIELDS}$")]
"""The path of a field of the answer: `score`, `fraud.score`."""


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Respond(Spec):
    """The answer that the client gets instead."""

    status: Annotated[int, Field(ge=200, le=599)] = 200
    """Its status."""
    body: Json = None
    """Its body: any YAML with `${…}`."""


class Action(Spec):
    """What a rule does; of several, all."""

    alert: Name | None = None
    """Send the result to a sink."""
    defer: Name | None = None
    """Begin a job in a queue: that of a sink."""
    set: dict[Fields, Json] | None = None
    """Fields of the answer, each with what it becomes: any YAML with `${…}`."""
    drop: Annotated[Many[Fields], BeforeValidator(_listed)] | None = None
    """Fields that are taken out of the answer."""
    respond: Respond | None = None
    """Answer this instead: the first that does decides."""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("does nothing; name at least one of alert, defer, set, drop, respond")
        return self


class Rule(Spec):
    """When something holds for a result, act on it."""

    on: Literal["part", "result"]
    """Whether it looks at each part as it arrives, or at the whole result."""
    when: str
    """CEL. On a part: `part`, its key, and `output`. On the result: `result`, and each part's answer by its key, or null."""
    do: Action
    """What happens then."""
    name: Name | None = None
    """What it is called in alerts and metrics, by default its number from 1."""
    count: Annotated[int, Field(ge=2, le=1_000_000)] | None = None
    """Act on so many matches only: on the last of them, and then no more for the time of `within`."""
    within: Duration | None = None
    """The time in which these must be."""
    by: str | None = None
    """CEL: matches are counted apart for each value of it."""

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if (self.count is None) != (self.within is None):
            raise ValueError("counts by half; give it both a count and a time: count: 5, within: 1m")
        if self.by is not None and self.count is None:
            raise ValueError("counts apart what it does not count; give it a count and a time: count: 5, within: 1m")
        return self
