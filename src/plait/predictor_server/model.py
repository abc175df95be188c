"""What a model is to the server, whatever runs it."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

Rows = list[Any]
"""One list per row, nested as deep as the model's shape; never empty."""


class Info(msgspec.Struct, frozen=True):
    """What a model says of itself.

    Args:
        name: What the predictor is called unless it is told otherwise.
        kind: The type of one number, as NumPy names it: `float32`, `int64`, `bool`, `str`.
        shape: The lengths within one row, outermost first; None where any length will do.
        version: The model's own; None if it does not say.
        description: One sentence, for people.
        sample: Rows to try the model on, as JSON; None if it brings none.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...]
    version: str | None = None
    description: str = ""
    sample: bytes | None = None


class Model(Protocol):
    """Predicts, row by row. Rows are independent of each other: those of several requests may be put together, and taken apart."""

    @property
    def info(self) -> Info:
        """What it takes."""
        ...

    def predict(self, rows: Rows, /) -> list[Any]:
        """One prediction per row, in the order of the rows: JSON values, their numbers finite.

        Called from any thread, but never twice at a time.

        Raises:
            InvalidRequest: If the model has no prediction for rows like these.
        """
        ...
