"""How many branches must answer, decided without waiting."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Requirement:
    """At least `quorum` of `total` branches, among them those whose places are `needed`."""

    total: int
    quorum: int
    needed: frozenset[int]

    @classmethod
    def of(cls, require: str | int | tuple[str, ...], labels: tuple[str, ...]) -> Requirement:
        """The requirement as a file says it, for the branches that are there."""
        total = len(labels)
        if require == "all":
            return cls(total, total, frozenset())
        if require == "any":
            return cls(total, 1, frozenset())
        if isinstance(require, int):
            return cls(total, min(require, total), frozenset())
        places = frozenset(labels.index(name) for name in require if name in labels)
        return cls(total, len(places), places)

    def lost(self, place: int, failed: int) -> bool:
        """Whether it can no longer be met, now that the branch at `place` is the last of `failed` ones."""
        return self.total - failed < self.quorum or place in self.needed
