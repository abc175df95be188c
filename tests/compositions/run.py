"""Each side of a case at work: its file behind HTTP, its composition in Python, and what a response says."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import plait
from plait.errors import PlaitError
from plait.graph.load import Loaded, load_text
from tests.compositions.case import Answered, Case, Failed
from tests.compositions.predictors import Predictors
from tests.server.serving import Answer, Proxy, post, proxy

_TYPE = "urn:plait:problem:"


def loaded(case: Case, predictors: Predictors) -> Loaded:
    """The case's file, with nothing in it that would need a warning."""
    graphs = re.sub("^", "  ", case.graphs, flags=re.MULTILINE)
    found = load_text(f"predictors: {json.dumps(predictors.section)}\ngraphs:\n{graphs}\n", {})
    assert found.warnings == []
    return found


def composed(case: Case, predictors: Predictors) -> plait.Proxy:
    """The case's composition in Python."""
    return plait.Proxy(case.composed(predictors.section))


@asynccontextmanager
async def served(case: Case) -> AsyncIterator[tuple[Proxy, Predictors]]:
    """The case's file served by plait's own front, and its predictors."""
    async with Predictors(case.predictors) as predictors, proxy(loaded(case, predictors).config) as front:
        yield front, predictors


def request(case: Case, *lines: bytes) -> bytes:
    """The case's request, with further header fields."""
    headers = (f"{name}: {value}".encode() for name, value in case.headers.items())
    return post(json.dumps(case.request).encode(), *headers, *lines, path=case.path)


def told(answer: Answer) -> Answered | Failed:
    """What a plain response says; of the parts an answer tells in `Server-Timing`."""
    if answer.status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == answer.status
        return told_problem(answer.json)
    timing = re.findall(r'([\w.]+);dur=[0-9.]+(?:;desc="(\w+)")?', answer.headers.get("server-timing", ""))
    complete = {"true": True, "false": False}[answer.headers["x-plait-complete"]]
    return Answered(answer.json, {key: status or "ok" for key, status in timing}, complete)


def told_problem(problem: Mapping[str, Any]) -> Failed:
    """What a problem says."""
    assert problem["type"].startswith(_TYPE)
    return Failed(
        problem["status"], problem["type"].removeprefix(_TYPE), problem.get("node", ""), statuses(problem.get("parts", {}))
    )


def told_envelope(envelope: Mapping[str, Any]) -> Answered:
    """What an envelope says."""
    return Answered(envelope["result"], statuses(envelope["parts"]), envelope["complete"])


def statuses(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The status of each part."""
    return {key: part["status"] for key, part in parts.items()}


async def asked(app: plait.Proxy, case: Case) -> Answered | Failed:
    """What comes of asking in Python."""
    try:
        return told_answer(await app.ask(case.graph, case.request, headers=case.headers))
    except PlaitError as exc:
        return told_error(exc)


def told_answer(answer: plait.Answer) -> Answered:
    """What an answer in Python says."""
    return Answered(answer.result, {key: part.status for key, part in answer.parts.items()}, answer.complete)


def told_error(error: PlaitError) -> Failed:
    """What an error in Python says."""
    return Failed(error.status, error.code, error.node, {key: part.status for key, part in error.parts.items()})
