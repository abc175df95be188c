"""Check requests against a JSON Schema, with jsonschema-rs; nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from plait.errors import BadRequest, InvalidRequest
from plait.jsonnames import has_duplicate_names
from plait.types import Message

Validate = Callable[[Message], None]


def schema_check(schema: dict[str, Any]) -> Validate:
    """A function that raises `InvalidRequest` with a JSON Pointer for a message that the schema does not allow.

    Raises:
        ValueError: If the schema itself is none, or refers to another document.
    """
    from jsonschema_rs import Draft202012Validator, ValidationError, validator_for  # noqa: PLC0415 - only graphs with a schema pay for it

    def refuse(uri: str) -> Any:
        raise ValueError(f"it refers to {uri}; only references within the schema are allowed")

    try:
        make = validator_for if "$schema" in schema else Draft202012Validator
        validator = make(schema, retriever=refuse)
    except (ValidationError, ValueError) as exc:
        raise ValueError(str(exc).partition("\n")[0]) from None

    def validate(message: Message) -> None:
        try:
            value = message.value
        except msgspec.DecodeError:
            raise BadRequest("a number in the body is out of range") from None
        if has_duplicate_names(message.raw):
            raise BadRequest("a name stands twice in one object of the body")
        error = next(validator.iter_errors(value), None)
        if error is not None:
            pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in error.instance_path)
            raise InvalidRequest(f"the body does not match the graph's schema ({error.kind.name})", pointer)

    return validate
