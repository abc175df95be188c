"""How wide text is in a common sans font, so that a picture can be laid out without one.

The widths are those of DejaVu Sans, among the widest of the fonts that browsers take for `sans-serif`, rounded up: in
another font a text is a little shorter than its box, never longer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate
from math import ceil
from typing import Literal, NamedTuple

Style = Literal["heading", "route", "title", "kind", "fact", "note", "option", "badge"]


class Font(NamedTuple):
    """The size of a style in pixels, and whether it is bold."""

    size: int
    bold: bool = False


FONTS: dict[Style, Font] = {
    "heading": Font(17, bold=True),
    "route": Font(12),
    "title": Font(13, bold=True),
    "kind": Font(11),
    "fact": Font(11),
    "note": Font(11),
    "option": Font(10),
    "badge": Font(10, bold=True),
}
ELLIPSIS = "…"
SEPARATOR = " · "

# Hundredths of an em; bold letters are about an eighth wider, narrow ones a little more than that.
_CLASSES = {
    30: "'IJijl",
    35: " ,./:;\\|·",
    40: "()-[]ft",
    45: "!r",
    50: '"*_`',
    55: "?cszç“”„",
    60: "FLkvxy",
    65: "$0123456789EPSTYabdeghnopqu{}äöüßéàèñ€",
    70: "ABCKRVXZ",
    75: "NU",
    80: "&DGHOQ",
    85: "#+<=>^w~→",
    90: "M",
    100: "%@Wm…—",
}
_WIDTHS = {char: width for width, chars in _CLASSES.items() for char in chars}
_BREAKS = "/-.,:"
_BOLD = 1.16
_UNKNOWN = 80
_WIDE = 115

# What XML cannot hold, and marks that turn the direction of what follows them.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """A text as XML can hold it: what it cannot is shown as a replacement character."""
    return _FORBIDDEN.sub("�", text)


def one_line(text: str) -> str:
    """The same without line ends and runs of blanks."""
    return " ".join(clean(text).split())


def measured(text: str) -> bool:
    """Whether the table has every letter; else the width is a guess, to which the text must be fitted."""
    return all(char in _WIDTHS for char in text)


def width(text: str, style: Style) -> int:
    """The pixels that a text takes at most."""
    font = FONTS[style]
    return ceil(sum(map(_width, text)) * font.size * (_BOLD if font.bold else 1) / 100)


def cut(text: str, style: Style, most: int) -> str:
    """The text, or as much of its beginning as fits into `most` pixels, and an ellipsis."""
    text = one_line(text)
    if width(text, style) <= most:
        return text
    return text[: _fitting(text, style, most - width(ELLIPSIS, style))].rstrip() + ELLIPSIS


def wrap(texts: Iterable[str], style: Style, most: int, lines: int) -> tuple[str, ...]:
    """The texts in at most so many lines of `most` pixels: each whole where it fits, else broken at blanks, at last cut.

    Args:
        texts: What to write, parted by dots where two share a line.
        style: How it is written.
        most: Pixels of a line.
        lines: At most so many; the last one ends in an ellipsis if there is more.
    """
    found: list[str] = []
    for text in map(one_line, texts):
        joined = f"{found[-1]}{SEPARATOR}{text}" if found else text
        if found and width(joined, style) <= most:
            found[-1] = joined
        else:
            found += _broken(text, style, most, lines)
    if len(found) > lines:
        found = [*found[: lines - 1], cut(f"{found[lines - 1]}{ELLIPSIS}", style, most)]
    return tuple(found)


def _broken(text: str, style: Style, most: int, lines: int) -> list[str]:
    found: list[str] = []
    while text and len(found) <= lines:
        end = _fitting(text, style, most)
        if end < len(text) and text[end] != " ":
            blank = text.rfind(" ", end // 2, end)
            mark = blank if blank > 0 else max(text.rfind(mark, end // 2, end) for mark in _BREAKS)
            end = mark + 1 if mark > 0 else end
        found.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return found


def _fitting(text: str, style: Style, most: int) -> int:
    """How many letters fit, at least one."""
    font = FONTS[style]
    bound = most * 100 / (font.size * (_BOLD if font.bold else 1))
    end = sum(1 for so_far in accumulate(map(_width, text[: most + 1])) if so_far <= bound)
    return max(1, end)


@lru_cache(maxsize=4096)
def _width(char: str) -> int:
    known = _WIDTHS.get(char)
    if known is not None:
        return known
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return _WIDE if unicodedata.east_asian_width(char) in ("W", "F") else _UNKNOWN
