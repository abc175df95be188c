"""What a file may say of changes while plait runs: the admin port, the store, versions, when something is taken back."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from plait.spec.base import Spec
from plait.spec.fields import Duration, Share

OFF: Literal["off"] = "off"
_PORT = 65535
_VERSION = r"[!-~]{1,128}"
_STORES = ("postgresql", "postgres")


def admin_port(value: object) -> object:
    """A port, or `off`.

    Raises:
        ValueError: If it is neither.
    """
    if value == OFF or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _PORT):
        return value
    raise ValueError("is no port; write a number from 0 to 65535, or off")


AdminPort = Annotated[
    Literal["off"] | int,
    BeforeValidator(admin_port),
    WithJsonSchema({"anyOf": [{"const": OFF}, {"type": "integer", "minimum": 0, "maximum": _PORT}]}),
]


def _folder(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError("is no folder; write a path such as .plait")
    return text


Folder = Annotated[str, AfterValidator(_folder)]


def _store(text: str) -> str:
    try:
        parts = urlsplit(text)
        sound = parts.scheme in _STORES and bool(parts.path.strip("/") or parts.query)
        _ = parts.port
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("is no store; write it as postgresql://user:password@host/database")
    return text


StoreUrl = Annotated[str, AfterValidator(_store)]


def _version(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise ValueError(f'is a number; versions are texts, so write it in quotes: "{value}"')
    if not isinstance(value, str) or re.fullmatch(_VERSION, value) is None:
        raise ValueError("is no version; write up to 128 characters without blanks, in quotes")
    return value


Version = Annotated[str, BeforeValidator(_version), WithJsonSchema({"type": "string", "pattern": f"^{_VERSION}$"})]


class RollbackSpec(Spec):
    """When a revision is taken back by itself: its requests fail more often, or take longer, than those before it."""

    errors: Share = 0.05
    """By how much the share of failed requests (status 500 and above) may grow: from 1% to 6%."""
    slower: Share = 0.5
    """By how much the 95th percentile of a graph's time may grow, of itself: from 100 ms to 150 ms."""
    within: Duration = 60.0
    """How long a new revision is watched; what comes before it is looked at for as long."""
    requests: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    """Requests of a graph that must have been answered, before and after, until it is judged."""


class FeedbackSpec(Spec):
    """How a predictor's answers are compared with the truth, and when it is excluded for them."""

    answer: str
    """CEL: what of its answer (`output`) is compared with the truth, such as `output.label`."""
    exclude_below: Share | None = None
    """The share of right answers below which the predictor is excluded (default: never)."""
    window: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """How many of the latest answers count."""
    least: Annotated[int, Field(ge=1, le=100_000)] = 50
    """Answers that must be known until it may be excluded."""
