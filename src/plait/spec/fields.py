"""The types of fields: durations, sizes, names, JSON.

A duration is written `250ms`, `2s`, `1m`, `24h` and held in seconds; a size is written `64KiB`, `10MiB` and held in bytes.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, Strict, WithJsonSchema

DURATION = r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$"
SIZE = r"^[0-9]+(B|KiB|MiB|GiB)$"
NAME = r"^[a-z][a-z0-9_]*$"

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h)")
_BYTES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_VARIABLES = frozenset({"request", "headers", "input", "output", "item", "index", "part", "result", "env"})
_CEL_WORDS = frozenset(
    "false in null true as break const continue else for function if import let loop package namespace return var void while "
    "bool bytes double duration dyn int list map string timestamp type uint null_type "
    "all exists exists_one filter has matches size".split()
)


def seconds(value: object) -> float:
    """The seconds of a duration.

    Raises:
        ValueError: If it is no positive duration such as `250ms`.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise ValueError(f"a duration needs its unit, such as {value}s or {value}ms")
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("is no duration; write it as 250ms, 2s, 1m or 24h")
    result = float(found[1]) * _SECONDS[found[2]]
    if result <= 0:
        raise ValueError("a duration must be longer than nothing")
    return result


def duration_text(value: float) -> str:
    """The shortest text of a duration in seconds, which says the same duration when it is read."""
    for digits in range(10):
        for unit, length in _SECONDS.items():
            number = f"{value / length:.{digits}f}"
            if float(number) * length == value and _DURATION.fullmatch(number + unit):
                return number + unit
    return f"{value * 1000:.9g}ms"


def size(value: object) -> int:
    """The bytes of a size.

    Raises:
        ValueError: If it is no size such as `10MiB`.
    """
    found = re.fullmatch(r"([0-9]{1,12})(B|KiB|MiB|GiB)", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("is no size; write it as 64KiB or 10MiB")
    return int(found[1]) * _BYTES[found[2]]


def size_text(value: int) -> str:
    """The shortest text of a size in bytes."""
    for unit in ("GiB", "MiB", "KiB"):
        if value and value % _BYTES[unit] == 0:
            return f"{value // _BYTES[unit]}{unit}"
    return f"{value}B"


def name(value: object) -> str:
    """A name that is also a variable in expressions.

    Raises:
        ValueError: If it is none, or is a word of CEL or a variable that every expression has.
    """
    if not isinstance(value, str) or re.fullmatch(r"[a-z][a-z0-9_]*", value) is None:
        raise ValueError("is no name; names are lower-case letters, digits and _ and begin with a letter")
    if value in _VARIABLES:
        raise ValueError(f"the name {value} would hide the variable of that name in expressions; take another")
    if value in _CEL_WORDS:
        raise ValueError(f"{value} is a word of the expression language; take another name")
    return value


def json_text(value: Any) -> str:
    """A JSON value on one line, as people read it."""
    return json.dumps(value, ensure_ascii=False)


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    PlainSerializer(duration_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": DURATION, "examples": ["250ms", "2s"]}),
]
Size = Annotated[
    int,
    BeforeValidator(size),
    PlainSerializer(size_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": SIZE, "examples": ["64KiB", "10MiB"]}),
]
Name = Annotated[str, BeforeValidator(name), WithJsonSchema({"type": "string", "pattern": NAME})]
Json = Annotated[Any, WithJsonSchema({})]


def _matching(pattern: str, advice: str) -> AfterValidator:
    """Refuses a text that does not match, with advice."""
    matches = re.compile(pattern).fullmatch

    def check(value: str) -> str:
        if matches(value) is None:
            raise ValueError(advice)
        return value

    return AfterValidator(check)


RESERVED_FIELDS = frozenset(
    "accept accept-encoding connection content-encoding content-length content-type expect host keep-alive proxy-connection te "
    "trailer transfer-encoding upgrade x-request-id x-request-timeout".split()
)
"""Fields that frame a request, belong to one connection, or are plait's own: a file may neither add nor forward them."""

ROUTE = r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)+"
TARGET = r"/[!-\"$-~]*"
FIELD_NAME = r"[A-Za-z0-9!$&'*+.^`|~-]+"
FIELD_VALUE = r"[!-~]([ -~]*[!-~])?"

Route = Annotated[
    str,
    _matching(ROUTE, "is no route; write it as /path/of/segments"),
    Field(json_schema_extra={"pattern": f"^{ROUTE}$"}),
]
Target = Annotated[
    str,
    _matching(TARGET, "is no path; write it as /path, with a query if need be, without blanks"),
    Field(json_schema_extra={"pattern": f"^{TARGET}$"}),
]


def _not_reserved(name: str) -> str:
    if name.lower() in RESERVED_FIELDS or name.lower().startswith("x-plait-"):
        raise ValueError("is a field that plait itself writes; leave it out")
    return name


FieldName = Annotated[
    str,
    _matching(FIELD_NAME, "is no name of a header field; write letters, digits and -"),
    AfterValidator(_not_reserved),
    Field(json_schema_extra={"pattern": f"^{FIELD_NAME}$"}),
]
FieldValue = Annotated[
    str,
    _matching(FIELD_VALUE, "is no value of a header field; write plain ASCII without line ends"),
    Field(json_schema_extra={"pattern": f"^{FIELD_VALUE}$"}),
]

FUNCTION = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"

Function = Annotated[
    str,
    _matching(FUNCTION, "names no function; write it as module:function"),
    Field(json_schema_extra={"pattern": f"^{FUNCTION}$", "examples": ["package.module:function"]}),
]


SHARE = r"^[0-9]+(\.[0-9]+)?%$"


def share(value: object) -> float:
    """The share, from 0 to 1, of a percentage.

    Raises:
        ValueError: If it is no percentage from `0%` to `100%`.
    """
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)%", value) if isinstance(value, str) else None
    if found is None or float(found[1]) > 100:  # noqa: PLR2004 - of a hundred
        raise ValueError("is no share; write it as 10%, at most 100%")
    return float(found[1]) / 100


def share_text(value: float) -> str:
    """The shortest text of a share from 0 to 1, which says the same share when it is read."""
    texts = (f"{value * 100:.{digits}f}" for digits in range(10))
    return next((text for text in texts if float(text) / 100 == value), f"{value * 100:.9f}") + "%"


Share = Annotated[
    float,
    BeforeValidator(share),
    PlainSerializer(share_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": SHARE, "examples": ["10%", "100%"]}),
]

_T = TypeVar("_T")
Many = Annotated[tuple[_T, ...], Strict(strict=False)]
"""A list in a file, held as a tuple."""
