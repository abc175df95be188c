"""Check requests against a JSON Schema, with jsonschema-rs; nothing is ever fetched, and patterns run in linear time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from plait.errors import BadRequest, InvalidRequest
from plait.graph.schema_size import MOST, Size, written_out
from plait.jsonnames import has_duplicate_names
from plait.nodes.link import At
from plait.types import Message

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

Validate = Callable[[Message], None]

EXPLAINED = 256 * 1024
"""Bytes of a body for which it is said where it is wrong: saying it costs up to 1 ms per KB, and copies what is wrong."""

_LONGEST = 120
_QUOTED = re.compile(r"'([^']*)'")
# What a finding may tell: facts of the schema, never of the request.
_FACTS = ("property", "types", "limit", "options", "expected_value", "multiple_of", "pattern")


class SchemaProblem(ValueError):
    """What is wrong with a schema: where in it, what, and how to mend it."""

    def __init__(self, message: str, hint: str, at: At = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.at = at


def schema_check(schema: dict[str, Any]) -> Validate:
    """A function that raises `InvalidRequest` with a JSON Pointer for a message that the schema does not allow.

    Raises:
        SchemaProblem: If the schema is none, is too large or refers to another document, or has a pattern that may take more than
            linear time.
    """
    # Only graphs with a schema pay for loading the library.
    from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError, validator_for  # noqa: PLC0415

    size = written_out(schema)
    if size.parts > MOST:
        raise SchemaProblem(f"has more than {MOST:,} parts, each counted as often as it is referred to", "refer to less")
    make = validator_for if "$schema" in schema else Draft202012Validator
    try:
        validator = make(schema, offline=True, pattern_options=RegexOptions())
    except ValidationError as exc:
        raise _problem(exc, schema) from None
    except ValueError as exc:
        raise SchemaProblem(f"is no JSON Schema: {exc}", "") from None

    def validate(message: Message) -> None:
        value = _decoded(message)
        if validator.is_valid(value):
            return
        if reason := _why_unsaid(message, size):
            raise InvalidRequest(f"the body does not match the graph's schema{reason} to say where", "")
        try:
            validator.validate(value)
        except ValidationError as exc:
            raise _refusal(exc) from None

    return validate


def each_name_once(message: Message) -> None:
    """Refuse a request of which two readers could take different values.

    Raises:
        BadRequest: If a name stands twice in one of its objects.
    """
    if has_duplicate_names(message.raw):
        raise BadRequest("a name stands twice in one object of the body")


def _decoded(message: Message) -> Any:
    try:
        value = message.value
    except msgspec.DecodeError:
        raise BadRequest("a number in the body is out of range") from None
    each_name_once(message)
    return value


def _why_unsaid(message: Message, size: Size) -> str:
    """Why it is not said where a request is wrong, if it is not."""
    if not size.explainable:
        return ", which refers to itself too often"
    return "; it is too large" if len(message.raw) > EXPLAINED else ""


def _refusal(found: ValidationError) -> InvalidRequest:
    """The first finding about a request, as `minItems 2` at its pointer."""
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in found.instance_path)
    facts = found.kind.as_dict()
    wanted = next((_short(facts[name]) for name in _FACTS if name in facts), "")
    return InvalidRequest(f"the body does not match the graph's schema: {found.kind.name} {wanted}".rstrip(), pointer)


def _short(value: Any) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _problem(found: ValidationError, schema: dict[str, Any]) -> SchemaProblem:
    """What the library says of a schema, in words for who wrote it."""
    if found.kind.name == "$ref":
        quoted = _QUOTED.search(found.message)
        target = quoted[1] if quoted else ""
        if target == schema.get("$schema"):
            message = f"{_short(target)} is no form of JSON Schema that is known"
            return SchemaProblem(message, "leave $schema out for 2020-12", ("$schema",))
        return SchemaProblem(f"refers to {_short(target)}, which is not in it", "nothing is fetched; put what it needs under $defs")
    at = tuple(found.instance_path)
    if found.kind.name == "format":
        return SchemaProblem("is no regular expression of linear time", "look-around and back-references are not supported", at)
    return SchemaProblem(f"is no JSON Schema: {_short(found.message)}", "see json-schema.org for the 2020-12 form", at)
