"""What a client would prefer of how its request is answered: the field `Prefer`, RFC 7240."""

from __future__ import annotations

import re

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = rb'"(?:[^"\\]|\\.)*"'
_ELEMENT = re.compile(rb"(?:%b|[^,\"])*" % _QUOTED)
_PREFERENCE = re.compile(rb"[ \t]*(%b)[ \t]*(?:=[ \t]*(%b|%b)?[ \t]*)?(?:;.*)?" % (_TOKEN, _TOKEN, _QUOTED), re.DOTALL)
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def preferences(value: bytes) -> dict[str, str]:
    """The preferences that a field names, by lower-case name, each with its value, which may be empty.

    Of one that is named twice the first counts. What is malformed is no preference: nobody has to be able to follow one.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(value):
        element = _ELEMENT.match(value, at)
        end = element.end() if element is not None else at
        if end < len(value) and value[end] != ord(","):
            break  # a quote that is never closed: what follows may be within it
        named = _PREFERENCE.fullmatch(value, at, end)
        if named is not None:
            found.setdefault(named[1].decode().lower(), _unquoted(named[2] or b""))
        at = end + 1
    return found


def wait_of(preferred: dict[str, str]) -> float | None:
    """The seconds that the client is willing to wait, if it says so; fractions, which the RFC does not know, are heard as well."""
    said = preferred.get("wait", "")
    return float(said) if _SECONDS.fullmatch(said) else None


def _unquoted(value: bytes) -> str:
    if value.startswith(b'"'):
        value = re.sub(rb"\\(.)", rb"\1", value[1:-1], flags=re.DOTALL)
    return value.decode("latin-1")
