"""Problems as lines for people."""

from __future__ import annotations

from collections.abc import Iterable

from plait.errors import Problem


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in the order of the file; those whose line is unknown come first."""
    return sorted(problems, key=lambda problem: (problem.line, problem.column))


def problems_text(problems: Iterable[Problem], source: str) -> str:
    """One line for each: `plait.yaml:7:3 graphs.label.sequence[1]: unknown key tranform (did you mean transform?)`."""
    return "\n".join(_line(problem, source) for problem in problems)


def _line(problem: Problem, source: str) -> str:
    where = f"{source}:{problem.line}:{problem.column}" if problem.line else source
    return f"{where} {problem}"
