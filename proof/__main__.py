"""Measure what plait promises: `python -m proof`, `make proof`."""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import tempfile
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from processes import end_on_signals
from proof import report, results, soak
from proof.catalogue import ALL, ROWS
from proof.load import own_lag
from proof.machine import machine
from proof.results import Result
from proof.row import Figures, Row, Run, quantile
from trouble import Trouble


def main() -> None:
    said = options(sys.argv[1:])
    end_on_signals()
    try:
        sys.exit(proven(said))
    except KeyboardInterrupt:
        sys.exit(130)


def proven(said: argparse.Namespace) -> int:
    """Measure the rows; the exit code."""
    rows = [] if said.page_only else chosen(said)
    found: dict[str, Result] = {}
    for row in rows:
        found[row.name] = measured(row, said.seed, short=said.short)
        if said.write:
            results.keep({**results.kept(), row.name: found[row.name]})
    if said.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
    else:
        Console().print(report.table(rows, found, short=said.short))
    if said.write:
        said.write.write_text(report.page(ALL, results.kept()))
    return int(any(fails(row, found[row.name], short=said.short) for row in rows))


def fails(row: Row[Any], result: Result, *, short: bool) -> bool:
    """Whether a row misses its goal without an explanation."""
    return bool(result.trouble or (row.missed(result.figures, short=short) and not row.shortfall))


def measured(row: Row[Any], seed: int, *, short: bool) -> Result:
    """One row's figures, or why there are none."""
    began, place, trouble = perf_counter(), machine(), ""
    figures: dict[str, float | None] = {}
    with tempfile.TemporaryDirectory(prefix="plait-proof-") as folder, bar(row.name) as tell:
        try:
            scale = row.short if short else row.full
            found = uvloop.run(watched(row.measure(scale, Run(seed, Path(folder), tell))))
            figures = {name: None if value is None or math.isnan(value) else value for name, value in found.items()}
        except* (Trouble, OSError) as group:  # plait did not start, or did not answer: the row fails, the others go on
            trouble = "; ".join(str(error) for error in group.exceptions[:3])
    return Result(figures, seed, f"{datetime.now(UTC):%Y-%m-%d}", round(perf_counter() - began, 1), place, trouble)


def chosen(said: argparse.Namespace) -> list[Row[Any]]:
    """The rows that are wanted: all but the soak, if none are named."""
    if said.minutes is None:
        return [row for row in ALL if row.name in (said.rows or [row.name for row in ROWS])]
    return [replace(soak.ROW, full=soak.Scale(said.minutes * 60), short=soak.Scale(said.minutes * 60))]


async def watched(measuring: Coroutine[Any, Any, Figures]) -> Figures:
    """The figures, and how late the process that took them was itself."""
    lags: list[float] = []
    watch = asyncio.create_task(own_lag(0.01, lags))
    try:
        return {**await measuring, "own lag of the measuring process, p99 in ms": quantile(lags, 0.99) * 1000}
    finally:
        watch.cancel()


@contextmanager
def bar(name: str) -> Iterator[Any]:
    """How far a row is, on a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description:14}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name, total=1.0)
        yield lambda share: progress.update(task, completed=share)


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """What was said; wrong usage ends the program with 2."""
    names = [row.name for row in ALL]
    parser = argparse.ArgumentParser(
        prog="python -m proof", description="Measure what plait promises under load, faults and bad input."
    )
    add = parser.add_argument
    add("rows", nargs="*", metavar="ROW", help=f"some of {', '.join(names)}; all but soak by default")
    add("--short", action="store_true", help="a short form, with generous limits for times: to see that it works")
    add("--seed", type=int, default=1, metavar="N", help="of all that is drawn (1)")
    add("--json", action="store_true", help="print all figures as JSON")
    add("--write", type=Path, metavar="FILE", help="keep the results, and write the page with all rows")
    add("--page-only", action="store_true", help="with --write: measure nothing, write the page from the results that are kept")
    add("--minutes", type=float, metavar="N", help="of the soak (30)")
    said = parser.parse_args(arguments)
    if unknown := [name for name in said.rows if name not in names]:
        parser.error(f"there is no row {', '.join(unknown)}; there are {', '.join(names)}")
    if said.page_only and not said.write:
        parser.error("--page-only goes with --write")
    if said.minutes is not None and said.rows != ["soak"]:
        parser.error("--minutes is for the soak alone: python -m proof soak --minutes 30")
    if said.short and said.write:
        parser.error("--short and --write do not go together: the page has whole measurements")
    return said


if __name__ == "__main__":
    main()
