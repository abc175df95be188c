"""The keywords that functions take besides what they are about, as type checkers and editors see them.

What a keyword may be is decided where a file's is: by the fields of the specs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict


class NodeOptions(TypedDict, total=False):
    """Options of any node."""

    name: str | None
    timeout: str | None
    input: Any
    optional: bool | None
    when: str | None
    on_error: Literal["skip"] | None


class PredictorOptions(TypedDict, total=False):
    """Options of a predictor."""

    model: str | None
    protocol: str | None
    path: str | None
    timeout: str | None
    connect_timeout: str | None
    headers: Mapping[str, str] | None
    forward_headers: Sequence[str] | None
    pass_status: Sequence[int] | None
    enabled: bool | None
    description: str | None


class GraphOptions(TypedDict, total=False):
    """Options of a graph."""

    route: str | None
    timeout: str | None
    schema: Mapping[str, Any] | None
    sample: Any
    description: str | None


MEANT = frozenset({"input", "sample"})
"""Options that may be null. Of any other, None says that it was not given."""


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {key: value for key, value in options.items() if value is not None or key in MEANT}


def changed(fields: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with options put in, and those taken away that are None."""
    left = {key: value for key, value in fields.items() if key not in options}
    return {**left, **given(options)}
