"""What a merge must give: how it takes each branch's answer, and how it joins what was taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from plait.types import Context, Message


class Merge(Protocol):
    """From named answers to one. It sees each answer once, when it arrives."""

    @property
    def fastest(self) -> bool:
        """Whether the first answer decides and the others are cancelled."""
        ...

    @property
    def keeps_null(self) -> bool:
        """Whether the null of an optional branch that failed has a place in the answer; else such a branch is left out."""
        ...

    @property
    def of_none(self) -> bool:
        """Whether there is an answer where no branch had to run; else the whole is left out, too."""
        ...

    def take(self, ctx: Context, given: Message, output: Message) -> Any:
        """What is kept of a branch's answer; never None.

        Raises:
            PlaitError: If the answer is not what the merge needs: the branch has then failed.
        """
        ...

    def join(self, taken: Sequence[Any]) -> bytes:
        """JSON of the whole, from what was taken in declared order; None where a branch is missing.

        At least one is there, unless the merge has an answer `of_none`.
        """
        ...


def quoted(label: str) -> bytes:
    """A label as a JSON string."""
    return msgspec.json.encode(label)
