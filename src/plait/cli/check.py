"""plait check: every problem of a file at once."""

from __future__ import annotations

import json
import os
import sys

from plait.cli.options import File, Json
from plait.cli.printable import printable
from plait.errors import ConfigError, Problem


def check(file: File, as_json: Json = False) -> None:  # noqa: FBT002 - a flag of the command line
    """Find everything that is wrong with a file: exit code 0 if nothing is, else 1."""
    from plait.graph.load import load_checked  # noqa: PLC0415 - commands import when they run
    from plait.graph.problems import problems_text  # noqa: PLC0415

    try:
        loaded = load_checked(file, os.environ)
    except ConfigError as exc:
        if as_json:
            print(json.dumps({"problems": [_facts(problem) for problem in exc.problems]}, indent=2))  # noqa: T201
        else:
            print(printable(problems_text(exc.problems, exc.source)))  # noqa: T201
        sys.exit(1)
    if as_json:
        print(json.dumps({"problems": [], "warnings": loaded.warnings}, indent=2))  # noqa: T201
        return
    for warning in loaded.warnings:
        print(printable(f"warning: {warning}"))  # noqa: T201
    config = loaded.config
    print(f"{file}: {_count(len(config.predictors), 'predictor')}, {_count(len(config.graphs), 'graph')}, no problems")  # noqa: T201


def _facts(problem: Problem) -> dict[str, object]:
    return {"path": problem.path, "line": problem.line, "message": problem.message, "hint": problem.hint}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
