"""What was measured, kept from run to run: a row can be measured anew without the others."""

from __future__ import annotations

from pathlib import Path

import msgspec

FILE = Path(__file__).parent / "results.json"


class Result(msgspec.Struct, frozen=True):
    """One row, measured whole.

    Args:
        figures: By name; a figure that is no number is None.
        seed: Of all that was drawn.
        when: The day.
        seconds: How long it took.
        machine: What it was measured on.
        trouble: Why there are no figures.
    """

    figures: dict[str, float | None]
    seed: int
    when: str
    seconds: float
    machine: str
    trouble: str = ""


def kept() -> dict[str, Result]:
    """The last results, by row."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Result]) if FILE.exists() else {}


def keep(results: dict[str, Result]) -> None:
    """Write them all."""
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
