"""Files, or parts of one, as they are sent to the admin port: read here, so that a problem has its file and its place."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plait.errors import ConfigError, Problem
from plait.graph.document import Document, path_text
from plait.graph.load import file_bytes
from plait.graph.problems import in_order, problems_text
from plait.graph.text import LIMIT, kind_of, parse
from plait.nodes.link import At

STDIN = "standard input"
_OTHERS = "the configuration"
_OF_ONE = ("server", "defaults")
"""Sections that no name is below."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the files say together.

    Args:
        data: All sections.
        documents: Each file, with its places.
    """

    data: dict[str, Any]
    documents: tuple[Document, ...]

    def lines(self, problems: Sequence[Mapping[str, Any]]) -> str:
        """Problems that the admin port has found, a line for each; those with what stands in no file come last."""
        by_source: dict[str, list[Problem]] = {document.source: [] for document in self.documents}
        for told in problems:
            problem = _problem(told)
            for document in self.documents:
                if (at := _written_at(problem.path, document)) is not None:
                    problem.line, problem.column = document.place(at)
                    by_source[document.source].append(problem)
                    break
            else:
                by_source.setdefault(_OTHERS, []).append(problem)
        return "\n".join(problems_text(in_order(found), source) for source, found in by_source.items() if found)


def problem_lines(problems: Sequence[Mapping[str, Any]], source: str) -> str:
    """Problems that the admin port has found in what is in no file here."""
    return problems_text(map(_problem, problems), source)


def read(files: Sequence[Path]) -> Written:
    """Read files, `-` for standard input, and put their sections together.

    Raises:
        ConfigError: If one is no file of plait, or two name the same thing.
        StartError: If one cannot be read.
    """
    data: dict[str, Any] = {}
    documents: list[Document] = []
    for file in files:
        document = _document(file)
        _add(data, document, documents)
        documents.append(document)
    return Written(data, tuple(documents))


def _document(file: Path) -> Document:
    if str(file) == "-":
        document = parse(sys.stdin.buffer.read(LIMIT + 1), "yaml", STDIN)
    else:
        document = parse(file_bytes(file), kind_of(file), str(file))
    problems = list(document.problems)
    if not isinstance(document.data, dict) and not problems:
        problems = [document.problem((), "says nothing that could be applied", "write predictors, graphs … with their names below")]
    if problems:
        raise ConfigError(in_order(problems), document.source)
    return document


def _add(data: dict[str, Any], document: Document, before: Sequence[Document]) -> None:
    """Put the sections of a document to those of the ones before it."""
    problems: list[Problem] = []
    for section, value in document.data.items():
        known = data.get(section)
        if section not in data:
            data[section] = dict(value) if isinstance(value, dict) else value
        elif isinstance(known, dict) and isinstance(value, dict) and section not in _OF_ONE:
            problems += [_twice((section, name), document, before) for name in known.keys() & value.keys()]
            known.update(value)
        else:
            problems.append(_twice((section,), document, before))
    if problems:
        raise ConfigError(in_order(problems), document.source)


def _twice(at: At, document: Document, before: Sequence[Document]) -> Problem:
    other = next((each.source for each in before if at in each.positions), before[0].source)
    problem = document.problem(at, f"stands in {other} too", "leave it in one of the files")
    problem.line, problem.column = document.key_place(at)
    return problem


def _problem(told: Mapping[str, Any]) -> Problem:
    return Problem(str(told.get("path") or ""), str(told.get("message") or "is refused"), str(told.get("hint") or ""))


def _written_at(path: str, document: Document) -> At | None:
    """The path in a document that is nearest to what a problem names; None if its predictor, graph … does not stand there."""
    known = {path_text(at): at for at in document.positions if at}
    nearest = path
    while nearest and nearest not in known:
        nearest = nearest[: max(nearest.rfind("."), nearest.rfind("["), 0)]
    at = known.get(nearest)
    whole = nearest == path or len(at or ()) > 1 or nearest in _OF_ONE
    return at if whole else None
