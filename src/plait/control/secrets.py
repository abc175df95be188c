"""Secrets in a configuration: shown as `***`, and put back where that is sent again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from plait.errors import Problem
from plait.graph.document import Document
from plait.nodes.link import At

MASK = "***"

_VARIABLE = r"\$\{\s*env\s*\.\s*[A-Za-z_][A-Za-z0-9_]*\s*\}"
_AS_WRITTEN = re.compile(rf"(?:(?:bearer|basic|token|apikey)\s+)?{_VARIABLE}", re.IGNORECASE)
"""What is no secret itself: it only says where one is."""
_FIELD = re.compile(r"auth|cookie|token|secret|key|pass|credential|signature|session", re.IGNORECASE)
_WITH_HEADERS = frozenset({"predictors", "sources", "sinks"})
_BESIDE_URLS = frozenset({"headers", "path", "secret"})
"""What of an entry has secrets, and is sent to wherever its URLs go, or signs what is: a short one can be guessed from that."""
_NO_URLS = frozenset({"headers", "path", "description"})
_KEYS = frozenset({"secret", "password", "token"})
_WITH_KEYS = frozenset({"sources", "sinks", "jobs"})

_WORDS = "password|passwd|token|secret|api_?key|access_?key|sslpassword"
_HOSTS = r"(?P<host>[^\s/?#@]*?)(?=[\s/?#@]|$|,\s*[a-z][a-z0-9+.-]*://)"
_IN_URL = re.compile(
    rf"(?P<user>[a-z][a-z0-9+.-]*://[^\s/:@?#]*):(?P<password>{_VARIABLE}|[^\s/]+)@{_HOSTS}"
    rf"|[?&](?P<word>{_WORDS})=(?P<value>{_VARIABLE}|[^&#\s]+)",
    re.IGNORECASE,
)
_TOKEN = re.compile(rf"://(?P<token>{_VARIABLE}|[^\s/:@?#]+)@{_HOSTS}", re.IGNORECASE)
"""In a URL of NATS, who stands there without a password is a token."""
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#]*", re.IGNORECASE)


def masked(value: Any, at: At = ()) -> Any:
    """The same with every secret as `***`.

    Args:
        value: Data of a configuration.
        at: The path of `value`, which says what is a secret.
    """
    if isinstance(value, dict):
        return {key: masked(member, (*at, key)) for key, member in value.items()}
    if isinstance(value, list):
        return [masked(item, (*at, place)) for place, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    for slot in reversed(list(_slots(value, at))):
        value = value[: slot.start] + MASK + value[slot.end :]
    return value


def put_back(value: Any, old: Any, document: Document) -> tuple[Any, list[Problem]]:
    """The data with each `***` replaced by the secret that stood there.

    A secret in a URL is only put back where that goes to the same host, as the same user, and one beside URLs where these go to no
    host that they did not go to before.

    Args:
        value: Whole data that somebody sent.
        old: That which is active.
        document: Where in the text things are.

    Returns:
        The data, and a problem for each `***` that stands for nothing.
    """
    problems: list[Problem] = []
    return _put_back(value, old, (), document, problems), problems


def _put_back(value: Any, old: Any, at: At, document: Document, problems: list[Problem]) -> Any:
    if isinstance(value, dict):
        known = old if isinstance(old, dict) else {}
        if goes_elsewhere(value, known, at):
            known = {key: member for key, member in known.items() if key not in _BESIDE_URLS}
        return {key: _put_back(member, known.get(key), (*at, key), document, problems) for key, member in value.items()}
    if isinstance(value, list):
        items = old if isinstance(old, list) else []
        pairs = ((item, items[place] if place < len(items) else None) for place, item in enumerate(value))
        return [_put_back(item, before, (*at, place), document, problems) for place, (item, before) in enumerate(pairs)]
    if not isinstance(value, str) or MASK not in value:
        return value
    return _restored(value, old, at, document, problems)


def goes_elsewhere(new: Any, old: Any, at: At) -> bool:
    """Whether the entry of a section at a path, which may send secrets, asks a host that it did not ask before."""
    if len(at) != 2 or at[0] not in _WITH_HEADERS:  # noqa: PLR2004 - a section and a name
        return False
    return not _hosts(masked(new, at), ()) <= _hosts(masked(old, at), ())


def _hosts(value: Any, at: At) -> set[str]:
    """Scheme, host and port of each URL in an entry; what may become a URL, as it is."""
    if isinstance(value, dict):
        return {host for key, member in value.items() if at or key not in _NO_URLS for host in _hosts(member, (*at, key))}
    if isinstance(value, list):
        return {host for item in value for host in _hosts(item, at)}
    if not isinstance(value, str) or ("://" not in value and "${" not in value):
        return set()
    origin = _ORIGIN.match(value)
    return {value if origin is None or "${" in origin[0] else origin[0].lower()}


def _restored(value: str, old: Any, at: At, document: Document, problems: list[Problem]) -> str:
    known = {slot.key: old[slot.start : slot.end] for slot in _slots(old, at)} if isinstance(old, str) else {}
    for slot in reversed(list(_slots(value, at))):
        if value[slot.start : slot.end] != MASK:
            continue
        if slot.key in known:
            value = value[: slot.start] + known[slot.key] + value[slot.end :]
        else:
            problems.append(
                document.problem(
                    at, f"{MASK} stands for a secret that is not here, or not for this host", "write the secret itself"
                )
            )
    return value


class _Slot(NamedTuple):
    """Where in a text a secret stands; `key` tells it from others in the text, and says whom it is for."""

    start: int
    end: int
    key: tuple[str, ...] = ()


def _slots(text: str, at: At) -> Iterator[_Slot]:
    if _is_secret(at):
        if not _AS_WRITTEN.fullmatch(text):
            yield _Slot(0, len(text))
        return
    if "://" not in text and "?" not in text:
        return
    yield from sorted([*_in_url(text), *(_tokens(text) if at[:1] == ("sinks",) and at[-1] == "nats" else ())])


def _tokens(text: str) -> Iterator[_Slot]:
    for found in _TOKEN.finditer(text):
        if re.fullmatch(_VARIABLE, found["token"]) is None:
            yield _Slot(*found.span("token"), (found["host"],))


def _in_url(text: str) -> Iterator[_Slot]:
    for found in _IN_URL.finditer(text):
        group = "value" if found["word"] else "password"
        if re.fullmatch(_VARIABLE, found[group]) is None:
            yield _Slot(*found.span(group), _whose(text, found))


def _whose(text: str, found: re.Match[str]) -> tuple[str, ...]:
    if not found["word"]:
        return found["user"], found["host"]
    origins = _ORIGIN.findall(text, 0, found.start())
    return found["word"], _IN_URL.sub(r"\g<user>@\g<host>", origins[-1] if origins else "")


def _is_secret(at: At) -> bool:
    """Whether the whole text at a path is one: a header field that is a credential, or what is called so."""
    section, key = str(at[0]) if at else "", str(at[-1]) if at else ""
    if len(at) > 2 and at[-2] == "headers":  # noqa: PLR2004 - below a name in a section
        return section in _WITH_HEADERS and _FIELD.search(key) is not None
    return section in _WITH_KEYS and key in _KEYS
