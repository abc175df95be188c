"""docs/proof.md says what was measured, and what falls short."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from proof import report, results
from proof.catalogue import ALL, ROWS
from proof.results import Result
from tests.proof.test_row import ROW

GOOD = Result({"after": 7.25, "asked": 1000, "wrong": 0, "median": None}, 3, "2026-11-23", 12.0, "a machine")
BAD = Result({"after": 70.0, "asked": 1000, "wrong": 0}, 3, "2026-11-23", 12.0, "a machine")


def line(page: str) -> str:
    return next(line for line in page.splitlines() if line.startswith("| answer after"))


def test_a_row_has_its_promise_its_goal_its_figures_and_how_to_repeat_it() -> None:
    page = report.page([ROW], {"late": GOOD})
    assert line(page) == (
        "| answer after the deadline | not known | 50 ms, and none wrong | after: 7.25 ms; asked: 1,000; wrong: 0 | holds "
        "| `make proof ARGS=late` |"
    )
    assert "By asking." in page
    assert "| median | - |" in page
    assert "Measured 2026-11-23 with seed 3 in 12 s on a machine." in page


def test_a_row_that_falls_short_says_so_and_why_if_that_is_known() -> None:
    assert "| **falls short** |" in line(report.page([ROW], {"late": BAD}))
    page = report.page([replace(ROW, shortfall="The clock is slow.")], {"late": BAD})
    assert "| **falls short**, see below |" in line(page)
    assert "**Why it falls short**: The clock is slow." in page


def test_a_reason_to_fall_short_is_not_told_of_a_row_that_holds() -> None:
    assert "clock" not in report.page([replace(ROW, shortfall="The clock is slow.")], {"late": GOOD})


def test_a_row_without_figures_says_that() -> None:
    assert "| - | not measured |" in line(report.page([ROW], {}))
    failed = replace_trouble(GOOD, "plait has ended.\nIt printed: | no |")
    assert "| plait has ended. It printed: \\| no \\| | **failed** |" in line(report.page([ROW], {"late": failed}))


def replace_trouble(result: Result, trouble: str) -> Result:
    return Result({}, result.seed, result.when, result.seconds, result.machine, trouble)


def test_the_page_in_the_repository_is_that_of_the_results_in_it() -> None:
    page = Path(__file__).parents[2] / "docs" / "proof.md"
    assert page.read_text(encoding="utf-8") == report.page(ALL, results.kept())


def test_rows_have_names_of_their_own_and_the_soak_is_not_one_of_every_day() -> None:
    assert len({row.name for row in ALL}) == len(ALL)
    assert {row.name for row in ALL} - {row.name for row in ROWS} == {"soak"}
