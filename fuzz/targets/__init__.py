"""One file per target: `one_input` raises unless plait keeps what it promises for these bytes; `WORDS` are worth trying."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

NAMES = sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))
CORPUS = Path(__file__).parents[1] / "corpus"


class Target(Protocol):
    """A module of this package."""

    WORDS: tuple[bytes, ...]

    def one_input(self, data: bytes) -> None:
        """Accept what is promised for these bytes; anything raised is a find."""


def load(name: str) -> Target:
    """The target of that name, and with it the parts of plait that it needs."""
    return cast("Target", import_module(f"{__name__}.{name}"))


def entries(name: str) -> list[Path]:
    """The corpus of a target, in the order of its names."""
    return sorted((CORPUS / name).iterdir())
