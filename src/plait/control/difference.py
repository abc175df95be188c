"""What is not the same in two configurations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from plait.control.revisions import Change, Data
from plait.control.secrets import masked
from plait.graph.document import path_text
from plait.nodes.link import At

MOST = 200
LONGEST = 2_000
"""Characters of JSON up to which a value is shown as it is."""


def same(one: Any, other: Any) -> bool:
    """Whether two values are written alike: `1` and `1.0` are not, nor are mappings in another order, which may mean something."""
    return msgspec.json.encode(one) == msgspec.json.encode(other)


def difference(old: Data, new: Data) -> tuple[Change, ...]:
    """The changes from one to the other, in the order of the new one, what was removed first.

    Where only the order of keys changed, `from` and `to` are the keys. Secrets are masked, long values are cut, and of very many
    changes the last one only says how many more there are.
    """
    found = _changes(old, new, ())
    first = list(islice(found, MOST))
    more = sum(1 for _ in found)
    return (*first, _change((), "changed", None, f"… and {more:,} more")) if more else tuple(first)


def _changes(old: Any, new: Any, at: At) -> Iterator[Change]:
    if same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _members(old, new, at)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _changes(before, after, (*at, place))
    else:
        yield _change(at, "changed", old, new)


def _members(old: Data, new: Data, at: At) -> Iterator[Change]:
    for key in (key for key in old if key not in new):
        yield _change((*at, key), "removed", old[key], None)
    before, after = [key for key in old if key in new], [key for key in new if key in old]
    if before != after:
        yield _change(at, "changed", before, after)
    for key, value in new.items():
        if key in old:
            yield from _changes(old[key], value, (*at, key))
        else:
            yield _change((*at, key), "added", None, value)


def _change(at: At, change: str, old: Any, new: Any) -> Change:
    return {"path": path_text(at), "change": change, "from": _shown(old, at), "to": _shown(new, at)}


def _shown(value: Any, at: At) -> Any:
    shown = masked(value, at)
    text = msgspec.json.encode(shown).decode()
    return shown if len(text) <= LONGEST else f"{text[:LONGEST]}…"
