"""JSON (RFC 8259) with the place of everything in it; iterative, and a name twice in one object is a problem."""

from __future__ import annotations

import re
from bisect import bisect_right
from json import loads
from typing import Any

from plait.errors import ConfigError
from plait.graph.build import Builder, Scalar
from plait.graph.document import Document, Place

_BLANK = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(
    r'(?P<mark>[{}\[\],:])|(?P<text>"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?P<real>(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?))(?![\w.])|(?P<word>true|false|null)(?!\w)"
)
_WORDS = {"true": True, "false": False, "null": None}
_CLOSES = {"{": "}", "[": "]"}
_LONGEST_INTEGER = 40


def read(text: str, source: str) -> Document:
    """The document that JSON says.

    Raises:
        ConfigError: If it is no JSON; a name twice in one object and the like are in `Document.problems`.
    """
    reader = _Reader(text, Builder(source))
    while reader.state != "its end":
        reader.step()
    reader.skip_blanks()
    if reader.offset < len(text):
        raise reader.stop("its end")
    return reader.builder.document()


class _Reader:
    """Where the reading is: the offset, what may come (`state`), and which brackets are open."""

    def __init__(self, text: str, builder: Builder) -> None:
        self.text = text
        self.builder = builder
        self.offset = 0
        self.state = "a value"
        self.closing: list[str] = []
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self) -> Place:
        line = bisect_right(self.lines, self.offset)
        return Place(line, self.offset - self.lines[line - 1] + 1)

    def stop(self, wanted: str) -> ConfigError:
        near = self.text[self.offset : self.offset + 1]
        found = "ends" if not near else f"has {near!r}" if near.isprintable() else "has a control character"
        return self.builder.stop(f"is no JSON: it {found} where {wanted} must come", place=self.place())

    def skip_blanks(self) -> None:
        found = _BLANK.match(self.text, self.offset)
        self.offset = found.end() if found else self.offset

    def step(self) -> None:
        """Take one token."""
        self.skip_blanks()
        token = _TOKEN.match(self.text, self.offset)
        if token is None:
            raise self.stop(self.state)
        self._take(token)
        self.offset = token.end()

    def _take(self, token: re.Match[str]) -> None:
        mark = token["mark"]
        if mark and self.closing and mark == self.closing[-1] and self.state.endswith(f" or {mark}"):
            self._close()
        elif self.state.startswith("a value") and mark not in ("}", "]", ",", ":"):
            self._value(token)
        elif self.state.startswith("a name") and token["text"]:
            self.builder.key(self._string(token["text"]), self.place())
            self.state = ":"
        elif mark == self.state == ":":
            self.state = "a value"
        elif mark == "," and self.state.startswith(","):
            self.state = "a name" if self.closing[-1] == "}" else "a value"
        else:
            raise self.stop(self.state)

    def _value(self, token: re.Match[str]) -> None:
        if opening := token["mark"]:
            container: Any = {} if opening == "{" else []
            self.builder.start(container, self.place())
            self.closing.append(_CLOSES[opening])
            self.state = "a name or }" if opening == "{" else "a value or ]"
            return
        self.builder.add(self._scalar(token), self.place())
        self._after()

    def _scalar(self, token: re.Match[str]) -> Scalar:
        if token["text"]:
            return self._string(token["text"])
        if token["word"]:
            return _WORDS[token["word"]]
        if token["real"]:
            return float(token["number"])
        return int(token["number"]) if len(token["number"]) <= _LONGEST_INTEGER else 1 << 64

    def _string(self, text: str) -> str:
        value: str = loads(text) if "\\" in text else text[1:-1]
        if re.search("[\ud800-\udfff]", value):
            raise self.builder.stop("is no JSON: half of a pair of \\u escapes", place=self.place())
        return value

    def _close(self) -> None:
        self.builder.end()
        self.closing.pop()
        self._after()

    def _after(self) -> None:
        self.state = f", or {self.closing[-1]}" if self.closing else "its end"
