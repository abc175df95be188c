"""Plain Python as the JSON of a request, or a refusal before anything is sent."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from plait.errors import BadRequest


def encode(data: Any) -> bytes:
    """The JSON of plain Python, of dataclasses and msgspec's structs, and of whatever has a `tolist` (arrays, tensors).

    Raises:
        BadRequest: If it is no JSON: a number without a value in JSON, an object of another class, text that is no Unicode.
    """
    try:
        body = msgspec.json.encode(data, enc_hook=_listed)
        # NaN and infinity are written as null, so only a body with a null needs a closer look.
        found = _not_finite(msgspec.to_builtins(data, enc_hook=_listed), "data") if b"null" in body else None
    except UnicodeEncodeError:
        raise BadRequest("the data is no JSON: a text in it is no Unicode") from None
    except RecursionError:
        raise BadRequest("the data is no JSON: it is nested too deep, or contains itself") from None
    except (TypeError, ValueError, OverflowError) as exc:
        raise BadRequest(f"the data is no JSON: {exc}; give lists, dicts, text, numbers, booleans and None") from exc
    if found is not None:
        raise BadRequest(f"the data is no JSON: {found}, and JSON has no NaN and no infinity; send None, or leave it out")
    return body


def _listed(value: Any) -> Any:
    if not hasattr(value, "tolist"):
        raise TypeError(f"it has an object of class {type(value).__name__}")
    return value.tolist()


def _not_finite(value: Any, path: str) -> str | None:
    """Where a number is not finite, and what it is."""
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{path} is {value}"
    if isinstance(value, dict):
        pairs = ((f"{path}[{key!r}]", item) for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        pairs = ((f"{path}[{place}]", item) for place, item in enumerate(value))
    else:
        return None
    return next((found for place, item in pairs if (found := _not_finite(item, place))), None)
