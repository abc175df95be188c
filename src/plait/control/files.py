"""When a file speaks: as soon as it says something else than when it was last taken in."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Taken:
    """What was last taken in of a file.

    Args:
        proxy: By whom.
        digest: Of the file's bytes.
    """

    proxy: str
    digest: str


def digest(text: bytes) -> str:
    """What tells one text of a file from another."""
    return sha256(text).hexdigest()


def speaks(found: str, own: str | None, overall: str | None) -> bool:
    """Whether a file has something to say.

    Args:
        found: The digest of what it says now.
        own: That of what this proxy took in last.
        overall: That of what any proxy that shares the store took in last: a file that reaches many of them speaks once.
    """
    return found not in (own, overall)
