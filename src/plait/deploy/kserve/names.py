"""Names of plait for names of KServe's: dashes become underscores, and none is taken twice."""

from __future__ import annotations

import re

from plait.spec.fields import name as valid


class Names:
    """Gives each thing a name that nothing else has."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def give(self, wanted: str, kind: str) -> str:
        """A name like the one that is wanted.

        Args:
            wanted: What KServe calls it.
            kind: One word for what it is, put behind a name that is taken or is a word of the expression language.
        """
        base = _plain(wanted, kind)
        name = base
        if name in self._taken:
            name = f"{base}_{kind}"
        while name in self._taken:
            number = self._next[base] = self._next.get(base, 1) + 1
            name = f"{base}_{number}"
        self._taken.add(name)
        return name


def _plain(wanted: str, kind: str) -> str:
    text = re.sub(r"[^a-z0-9_]", "_", _snake(wanted)).lstrip("_")
    if not re.match(r"[a-z]", text):
        text = f"{kind}_{text}".rstrip("_")
    try:
        return valid(text)
    except ValueError:
        return f"{text}_{kind}"


def _snake(text: str) -> str:
    """`rootStep1` as `root_step1`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", text).lower()
