"""Read the rows of a request at C speed: their form is a type that is made once, when the model is known."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from plait.errors import BadRequest, InvalidRequest
from plait.jsonnames import has_duplicate_names
from plait.predictor_server.model import Info, Rows

Read = Callable[[bytes], Rows]
"""The rows in a body that is valid JSON."""

_FLOAT16, _FLOAT32 = 65504.0, 3.4028234663852886e38
_INT32, _INT64 = 2**31, 2**63
# A number that the model's own type cannot hold would silently become another one, or infinite.
NUMBERS: dict[str, Any] = {
    "float16": Annotated[float, Meta(ge=-_FLOAT16, le=_FLOAT16)],
    "float32": Annotated[float, Meta(ge=-_FLOAT32, le=_FLOAT32)],
    "float64": float,
    "int32": Annotated[int, Meta(ge=-_INT32, le=_INT32 - 1)],
    "int64": Annotated[int, Meta(ge=-_INT64, le=_INT64 - 1)],
    "bool": bool,
    "str": str,
}
_AT = re.compile(r"(.*) - at `\$(.*)`")


def reader(info: Info) -> Read:
    """A function that reads the rows which a model takes."""
    decode = msgspec.json.Decoder(request_type(info)).decode
    loose = None in info.shape
    expected = f"rows of shape [{', '.join('any' if length is None else str(length) for length in info.shape)}]"

    def read(body: bytes) -> Rows:
        if has_duplicate_names(body):
            raise BadRequest("a name stands twice in one object")
        try:
            rows: Rows = decode(body).data
        except msgspec.ValidationError as exc:
            raise _invalid(str(exc), expected) from None
        if loose:
            _check_even(rows, len(info.shape))
        return rows

    return read


def request_type(info: Info) -> Any:
    """The type of a whole request, `{"data": [row, …]}`."""
    row = NUMBERS[info.kind]
    for length in reversed(info.shape):
        row = Annotated[list[row], Meta(min_length=1 if length is None else length, max_length=length)]  # type: ignore[valid-type]
    return msgspec.defstruct("Request", [("data", Annotated[list[row], Meta(min_length=1)])])  # type: ignore[valid-type]


def _invalid(text: str, expected: str) -> InvalidRequest:
    """The parser's words, which hold nothing of the body, as a problem at its place."""
    found = _AT.fullmatch(text)
    words, place = (found[1], found[2]) if found else (text, "")
    words = words.replace("`float`", "number").replace("`", "")
    pointer = place.replace(".", "/").replace("[", "/").replace("]", "")
    return InvalidRequest(f'{words[0].lower()}{words[1:]}; the body must be {{"data": […]}} with {expected}', pointer)


def _check_even(rows: Rows, depth: int) -> None:
    """Refuse rows whose lengths differ from those of the first."""
    lengths = []
    first: Any = rows[0]
    for _ in range(depth):
        lengths.append(len(first))
        first = first[0]
    odd = _odd(rows, [len(rows), *lengths])
    if odd is not None:
        raise InvalidRequest("the lengths differ from those of the first row", "".join(f"/{step}" for step in ("data", *odd)))


def _odd(value: Any, lengths: list[int]) -> tuple[int, ...] | None:
    """Where the first list stands that has not the length of its level."""
    if len(value) != lengths[0]:
        return ()
    if len(lengths) == 1:
        return None
    for index, item in enumerate(value):
        odd = _odd(item, lengths[1:])
        if odd is not None:
            return (index, *odd)
    return None
