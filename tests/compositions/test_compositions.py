"""Every row of the tables of nodes, options and merges: through HTTP from a file, and in Python, with the same outcome."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from plait.graph.spec import OPTIONS as GRAPH_OPTIONS
from plait.nodes.merges import BY_KEY as MERGES
from plait.nodes.merges import WHOLE
from plait.nodes.node import NodeSpec
from plait.nodes.union import BY_KEY as KINDS
from plait.nodes.union import own_fields
from tests.compositions import choices, copies, graphs, merges, nodes, options
from tests.compositions.case import Answered, Case
from tests.compositions.predictors import ECHOES, Predictors
from tests.compositions.run import asked, composed, loaded, request, served, told
from tests.server.serving import get, post

CASES = [*nodes.CASES, *choices.CASES, *copies.CASES, *options.CASES, *merges.CASES, *graphs.CASES]
ROWS = [
    *(f"option {name}" for name in NodeSpec.model_fields),
    *(f"merge {name}" for name in (*WHOLE, *MERGES)),
    *(f"graph {name}" for name in sorted(GRAPH_OPTIONS - {"sample", "description"})),  # not about answers: see below
    *("require all", "require any"),
]
FURTHER = {"require names", "require 2", "graph as a node", "variables", "partial"}

each_case = pytest.mark.parametrize("case", CASES, ids=str)


@each_case
async def test_through_http(case: Case) -> None:
    async with served(case) as (front, predictors):
        async with front.client() as client:
            for _ in range(case.times):
                answer = await client.ask(request(case))
        await predictors.were_asked(case.asked)
    assert told(answer) == case.gives
    assert predictors.counted(case.asked) == case.asked


@each_case
async def test_in_python(case: Case) -> None:
    async with Predictors(case.predictors) as predictors, composed(case, predictors) as app:
        for _ in range(case.times):
            gives = await asked(app, case)
        await predictors.were_asked(case.asked)
    assert gives == case.gives
    assert predictors.counted(case.asked) == case.asked


@each_case
def test_file_and_python_are_the_same_specs(case: Case) -> None:
    predictors = Predictors(case.predictors)
    assert composed(case, predictors).config == loaded(case, predictors).config


async def test_a_graphs_sample_and_description_are_told_and_the_sample_is_run() -> None:
    case = Case(
        "graph sample",
        "an example request",
        "predict: {predict: a, sample: {n: 1}, description: gives back what it gets}",
        lambda a: a.served(sample={"n": 1}, description="gives back what it gets"),
        {"a": ECHOES},
        Answered({"n": 1}, {"a": "ok"}),
    )
    async with served(case) as (front, predictors), front.client() as client:
        assert composed(case, predictors).config == loaded(case, predictors).config
        known = (await client.ask(get("/metadata"))).json
        assert (known["data_sample"], known["description"]) == ({"n": 1}, "gives back what it gets")
        assert told(await client.ask(post(path="/predict/post/test"))) == case.gives


def words(data: Any) -> Iterator[str]:
    """Every key of a mapping and every text in data."""
    if isinstance(data, dict):
        yield from data
    for item in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from [item] if isinstance(item, str) else words(item)


def said(row: str) -> set[str]:
    """Every word in the files of the cases of a row."""
    files = (loaded(case, Predictors(case.predictors)).document.data for case in CASES if case.row == row)
    return {word for file in files for word in words(file["graphs"])}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_and_every_key_of_its_own_has_a_case(kind: str) -> None:
    assert own_fields(KINDS[kind]) <= said(f"node {kind}")


@pytest.mark.parametrize("row", ROWS)
def test_every_option_every_merge_and_every_requirement_has_a_case(row: str) -> None:
    assert row.split()[1] in said(row)


def test_every_case_is_of_a_row_that_there_is() -> None:
    assert {case.row for case in CASES} == {*(f"node {kind}" for kind in KINDS), *ROWS, *FURTHER}
