"""Whether bytes are JSON that plait passes on: syntax, UTF-8, depth. Nothing is decoded; about 1 ms per MB."""

from __future__ import annotations

import re

import msgspec

DEPTH = 64

_check_syntax = msgspec.json.Decoder(msgspec.Raw).decode
_STRING = re.compile(rb'"[^"]*"')
_RUN = re.compile(rb"\[+|\]+")
_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class NotJson(ValueError):
    """The bytes are no JSON, or nested too deep."""


def validate(body: bytes, depth: int = DEPTH) -> None:
    """Accept exactly one JSON value in UTF-8 whose arrays and objects nest at most `depth` deep.

    Raises:
        NotJson: With one sentence of what is wrong; nothing of the body is in it.
    """
    try:
        _check_syntax(body)
        if not body.isascii():
            body.decode()
    except msgspec.DecodeError as exc:
        raise NotJson(_reason(str(exc))) from None
    except UnicodeDecodeError as exc:
        raise NotJson(f"invalid UTF-8 at byte {exc.start}") from None
    except RecursionError:
        raise NotJson(f"nested more than {depth} deep") from None
    # Whatever is too deep opens and closes more than so many.
    if len(body) > 2 * depth and body.count(b"[") + body.count(b"{") > depth and _deeper(body, depth):
        raise NotJson(f"nested more than {depth} deep")


def _deeper(body: bytes, depth: int) -> bool:
    """Whether brackets nest deeper, at C speed: innermost pairs are removed level by level until what is left has long runs."""
    bare = _STRING.sub(b"", body.replace(b"\\\\", b"").replace(b'\\"', b""))
    brackets = bare.translate(_TO_SQUARE, _NOT_BRACKETS)
    for removed in range(depth):
        shorter = brackets.replace(b"[]", b"")
        if len(brackets) - len(shorter) < len(brackets) // 8:
            return _height(brackets) > depth - removed
        brackets = shorter
    return bool(brackets)


def _height(brackets: bytes) -> int:
    """The depth of a bracket string, run by run."""
    height = highest = 0
    for run in _RUN.findall(brackets):
        if run[0] == ord("["):
            height += len(run)
            highest = max(highest, height)
        else:
            height -= len(run)
    return highest


def _reason(text: str) -> str:
    """The parser's own words without what it may echo."""
    return text.removeprefix("JSON is malformed: ")
