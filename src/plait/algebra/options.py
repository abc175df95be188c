"""The keywords that functions take besides what they are about, as type checkers and editors see them.

What a keyword may be is decided where a file's is: by the fields of the specs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from plait.spec.base import Spec


class NodeOptions(TypedDict, total=False):
    """Options of any node."""

    name: str | None
    timeout: str | None
    input: Any
    optional: bool | None
    when: str | None
    on_error: Literal["skip"] | None
    cache: Mapping[str, Any] | None
    retry: Mapping[str, Any] | None
    hedge: Mapping[str, Any] | None


class MapOptions(NodeOptions, total=False):
    """Options of a map."""

    concurrency: int | None
    max_items: int | None
    require: Literal["all", "any"] | int | None


class PredictorOptions(TypedDict, total=False):
    """Options of a predictor."""

    urls: Sequence[str] | None
    tls: Mapping[str, str] | None
    model: str | None
    protocol: str | None
    path: str | None
    timeout: str | None
    connect_timeout: str | None
    headers: Mapping[str, str] | None
    forward_headers: Sequence[str] | None
    pass_status: Sequence[int] | None
    retry: Mapping[str, Any] | None
    hedge: Mapping[str, Any] | None
    idempotent: bool | None
    limit: Mapping[str, Any] | None
    balance: Literal["p2c", "least_loaded", "round_robin"] | None
    eject: Mapping[str, Any] | Literal[False] | None
    health: Mapping[str, Any] | None
    version: str | None
    needs: Mapping[str, str] | None
    enforce: bool | None
    feedback: Mapping[str, Any] | None
    enabled: bool | None
    description: str | None


class GraphOptions(TypedDict, total=False):
    """Options of a graph."""

    route: str | None
    timeout: str | None
    schema: Mapping[str, Any] | None
    sample: Any
    late: Literal["keep", "drop"] | None
    rules: Sequence[Mapping[str, Any]] | None
    description: str | None


def given(kind: type[Spec], data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a spec that were given: None says that one was not, unless it takes any JSON, where null is a value."""
    declared = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
    return {key: value for key, value in data.items() if value is not None or declared.get(key, Any) is Any}
