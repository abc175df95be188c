"""Where the `${…}` of a string begin and end."""

from __future__ import annotations

import re

from plait.expr.problem import ExpressionError

_MARK = re.compile(r"\$\$\{|\$\{")
# What a closing brace can hide in: strings of CEL (raw ones know no escapes) and comments. Words are taken whole, so that the
# last letter of one is no prefix of a string.
_TOKEN = re.compile(
    r'''
    (?:[rR][bB]?|[bB][rR]) (?: """.*?""" | \'\'\'.*?\'\'\' | "[^"\n]*" | '[^'\n]*' )
    | [bB]? (?: """(?:\\.|[^\\])*?""" | \'\'\'(?:\\.|[^\\])*?\'\'\' | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | \w+ | //[^\n]* | (?P<brace>[{}])
    ''',
    re.VERBOSE | re.DOTALL,
)


def split(text: str) -> list[str]:
    """A string cut at its `${…}`: literal text and expressions in turn, literal text first and last.

    Raises:
        ExpressionError: If a `${` is never closed.
    """
    pieces, literal, place = [], "", 0
    while (mark := _MARK.search(text, place)) is not None:
        literal += text[place : mark.start()]
        place = mark.end()
        if mark[0] == "$${":
            literal += "${"
            continue
        end = _closing(text, place)
        pieces += [literal, text[place:end]]
        literal, place = "", end + 1
    return [*pieces, literal + text[place:]]


def _closing(text: str, place: int) -> int:
    """Where the brace stands that closes the one before `place`."""
    depth = 1
    for token in _TOKEN.finditer(text, place):
        if token["brace"] is not None:
            depth += 1 if token["brace"] == "{" else -1
        if depth == 0:
            return token.start()
    raise ExpressionError(
        f"column {place - 1}: this ${{ is never closed", "close it with }, or write $${ for the characters ${ themselves"
    )
