"""One file per target: `one_input` raises unless plait keeps what it promises for these bytes."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

NAMES = sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))
CORPUS = Path(__file__).parents[1] / "corpus"
WORDS = Path(__file__).parents[1] / "words"
"""What is worth trying in inputs, as dictionaries of libFuzzer: one word a line, in quotes."""


class Target(Protocol):
    """A module of this package."""

    def one_input(self, data: bytes) -> None:
        """Accept what is promised for these bytes; anything raised is a find."""


def load(name: str) -> Target:
    """The target of that name, and with it the parts of plait that it needs."""
    return cast("Target", import_module(f"{__name__}.{name}"))


def entries(name: str) -> list[Path]:
    """The corpus of a target, in the order of its names."""
    return sorted((CORPUS / name).iterdir())


def words(name: str) -> list[bytes]:
    """The dictionary of a target."""
    lines = (WORDS / f"{name}.dict").read_text().splitlines()
    return [line[1:-1].encode().decode("unicode_escape").encode("latin-1") for line in lines]
