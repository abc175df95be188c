"""Entity tags, and what a request may demand of them (RFC 9110, sections 8.8.3 and 13.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plait.control.errors import Stale
from plait.errors import BadRequest

ANY = "*"
_TAG = re.compile(r'[ \t]*(W/)?"([!#-~\x80-\xff]*)"[ \t]*')


def etag(revision: int) -> str:
    """The entity tag of everything that stands in a revision."""
    return f'"{revision}"'


@dataclass(frozen=True, slots=True)
class Tags:
    """The value of `If-Match` or `If-None-Match`.

    Args:
        every: Whether it is `*`.
        strong: What stands between the quotes of the strong tags.
        weak: The same of the weak ones.
    """

    every: bool = False
    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()


def tags(value: str, field: str) -> Tags:
    """The tags that a field names.

    Raises:
        BadRequest: If it is no list of entity tags.
    """
    if value.strip(" \t") == ANY:
        return Tags(every=True)
    strong: set[str] = set()
    weak: set[str] = set()
    at = 0
    while True:
        found = _TAG.match(value, at)
        if found is None:
            raise BadRequest(f'{field} is no entity tag; write it as "7", or as *')
        (weak if found[1] else strong).add(found[2])
        at = found.end()
        if at == len(value):
            return Tags(strong=frozenset(strong), weak=frozenset(weak))
        if value[at] != ",":
            raise BadRequest(f'{field} is no list of entity tags; write it as "7", "8"')
        at += 1


def matched(if_match: str | None, revision: int) -> int | None:
    """The revision that a change must find, by `If-Match`; None if it takes any.

    Raises:
        BadRequest: If the field is malformed.
        Stale: If it names other revisions only; a weak tag never matches here.
    """
    if if_match is None:
        return None
    wanted = tags(if_match, "If-Match")
    if wanted.every:
        return None
    if str(revision) not in wanted.strong:
        raise Stale(f"revision {revision} is active, which is not what If-Match names")
    return revision


def unchanged(if_none_match: str | None, revision: int) -> bool:
    """Whether a client that reads has it already, by `If-None-Match`.

    Raises:
        BadRequest: If the field is malformed.
    """
    if if_none_match is None:
        return False
    known = tags(if_none_match, "If-None-Match")
    return known.every or str(revision) in known.strong | known.weak
