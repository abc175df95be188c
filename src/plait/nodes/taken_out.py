"""A predictor that configuration took out: it fails, and nobody is asked."""

from __future__ import annotations

from dataclasses import dataclass

from plait.errors import Excluded
from plait.types import Context, Message


@dataclass(frozen=True, slots=True)
class TakenOut:
    """Stands where the predictor would be asked."""

    predictor: str
    path: str

    async def __call__(self, message: Message, ctx: Context, /) -> Message:  # noqa: ARG002 - every call is given both
        """Fails with 503."""
        error = Excluded("it is taken out by configuration")
        error.predictor = self.predictor
        raise error.at(self.path)
