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
            return cls(total, total, frozenset(range(total)))
        if require == "any":
            return cls(total, 1, frozenset())
        if isinstance(require, int):
            return cls(total, min(require, total), frozenset())
        places = frozenset(labels.index(name) for name in require if name in labels)
        return cls(total, len(places), places)

    def without(self, place: int) -> Requirement:
        """The same for one branch less: of those that had to answer by name, the others still have to."""
        quorum = self.quorum - 1 if place in self.needed else self.quorum
        return Requirement(self.total - 1, quorum, self.needed - {place})

    def lost(self, place: int, failed: int) -> bool:
        """Whether it can no longer be met, now that the branch at `place` is the last of `failed` ones."""
        return self.total - failed < self.quorum or place in self.needed
