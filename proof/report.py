"""The table, for a terminal and as docs/proof.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Column, Table

from proof.results import Result
from proof.row import Row, number

HEAD = """\
# What plait promises, measured

Every row is a promise about load, faults or bad input, a goal, and what was measured. `make proof` measures all of them and writes
this page; `make proof ARGS='late partial'` measures some rows and leaves the others. What is drawn is drawn by a seed (`--seed`),
everything runs on this machine's own addresses, and proxies are real `plait serve` processes. The tests run a short form of each
row.
"""
COLUMNS = ("property", "best elsewhere", "goal", "measured", "", "repeat")


def verdict(row: Row[Any], result: Result | None, *, short: bool = False) -> str:
    """Whether the row holds, in a word or two."""
    if result is None:
        return "not measured"
    if result.trouble:
        return "**failed**"
    if not row.missed(result.figures, short=short):
        return "holds"
    return "**falls short**, see below" if row.shortfall else "**falls short**"


def measured(row: Row[Any], result: Result | None) -> str:
    """The figures that count."""
    if result is None or result.trouble:
        return "-" if result is None else " ".join(result.trouble.split())[:400]
    return "; ".join(goal.told(result.figures) for goal in row.goals)


def page(rows: Sequence[Row[Any]], results: Mapping[str, Result]) -> str:
    """docs/proof.md, whole."""
    lines = [
        (
            row.promise,
            row.elsewhere,
            row.goal,
            measured(row, results.get(row.name)),
            verdict(row, results.get(row.name)),
            command(row),
        )
        for row in rows
    ]
    sections = "\n".join(section(row, results.get(row.name)) for row in rows)
    return f"{HEAD}\n{grid(COLUMNS, lines)}\n\n## How each row is measured\n\n{sections}"


def section(row: Row[Any], result: Result | None) -> str:
    """What is measured, and all figures."""
    parts = [f"### `{row.name}`", row.how]
    if row.shortfall and result is not None and not result.trouble and row.missed(result.figures):
        parts.append(f"**Why it falls short**: {row.shortfall}")
    if result is not None and not result.trouble:
        parts.append(grid(("figure", "measured"), [(name, number(value)) for name, value in result.figures.items()]))
    if result is not None:
        parts.append(f"Measured {result.when} with seed {result.seed} in {result.seconds:.0f} s on {result.machine}.")
    return "\n\n".join(parts) + "\n"


def command(row: Row[Any]) -> str:
    return f"`make proof ARGS={row.name}`"


def grid(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    cells = [[text.replace("|", "\\|") for text in line] for line in (head, ["---"] * len(head), *lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def table(rows: Sequence[Row[Any]], results: Mapping[str, Result], *, short: bool) -> Table:
    """The same for a terminal."""
    found = Table(Column("row", no_wrap=True), "measured", Column("", no_wrap=True), box=None, header_style="bold", pad_edge=False)
    for row in rows:
        result = results[row.name]
        found.add_row(row.name, measured(row, result), verdict(row, result, short=short).replace("*", "").partition(",")[0])
    return found
