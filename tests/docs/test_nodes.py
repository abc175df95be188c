"""The pages of docs/nodes say what is true: every file that they show is run, in every situation that they tell of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docs.reference import OPTIONS, references, replaced
from plait.errors import PlaitError
from plait.events import Part
from plait.graph.yaml import read
from plait.nodes.merges import BY_KEY as MERGES
from plait.nodes.merges import WHOLE
from plait.nodes.union import BY_KEY as KINDS
from plait.testing import GraphRun, run_graph
from tests.docs.pages import PAGES, Situation, sections, situations, told

SITUATIONS = [situation for page in sorted(PAGES.glob("*.md")) for situation in situations(page)]


def run(situation: Situation, folder: Path) -> GraphRun:
    """What comes of a situation, once its file is found to be sound."""
    loaded = situation.file.loaded(folder)
    config = loaded.config
    assert loaded.warnings == []
    (graph,) = (name for name in config.graphs if config.route(name) == situation.route)
    unknown = set(situation.does) - set(config.predictors)
    assert not unknown, f"there is no predictor {unknown}"
    timeout = config.defaults.predictor.timeout
    fakes = [told(name, spec, spec.timeout or timeout, situation) for name, spec in config.predictors.items()]
    excluded = [name for name, spec in config.predictors.items() if not spec.enabled]
    graphs = read(situation.file.text, "plait.yaml").data["graphs"]
    return run_graph(graphs, fakes, situation.request, graph=graph, headers=situation.headers, excluded=excluded)


def _part(part: Part) -> str:
    return f"`{part.key}` {part.status}{' without a call' if part.status == 'ok' and not part.attempts else ''}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def outcome(found: GraphRun) -> dict[str, str]:
    """What the columns of a table say of a run."""
    parts = ", ".join(map(_part, found.parts)) or "none"
    error: PlaitError | None = found.error
    if error is not None:
        return {"status": str(error.status), "answer": f"`{error.code}` at `{error.node}`", "parts": parts, "X-Plait-Complete": ""}
    assert found.answer is not None
    complete = str(found.answer.complete).lower()
    return {"status": "200", "answer": f"`{_text(found.value)}`", "X-Plait-Complete": f"`{complete}`", "parts": parts}


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_what_a_page_says_comes_true(situation: Situation, folder: Path) -> None:
    found = outcome(run(situation, folder))
    said = {"status": "200", "X-Plait-Complete": "`true`" if found["status"] == "200" else "", **situation.said}
    if said["answer"].startswith("`{") or said["status"] == "200":
        said["answer"] = f"`{_text(json.loads(said['answer'].strip('`')))}`"
    said.pop("if", None)
    assert {name: found[name] for name in said} == said


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.name)
def test_all_that_a_page_shows_is_run(page: Path) -> None:
    told_of = [situation for situation in SITUATIONS if situation.page == page.name]
    assert [file.text for file, _, _ in sections(page) if all(file != situation.file for situation in told_of)] == []
    assert page.read_text(encoding="utf-8").count("```json") == 2 * sum("if" not in situation.said for situation in told_of)


def test_the_generated_halves_are_fresh() -> None:
    for name, reference in references().items():
        page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
        assert reference in page, f"{name}.md is stale: run make docs"
        assert page == replaced(page, reference), f"{name}.md is stale: run make docs"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_page_with_an_example_and_a_failure(kind: str) -> None:
    told = [situation for situation in SITUATIONS if situation.page == f"{kind}.md"]
    assert any("if" not in situation.said for situation in told)
    assert any("if" in situation.said for situation in told)


@pytest.mark.parametrize(
    ("page", "name"), [*(("options", name) for name in OPTIONS), *(("merges", name) for name in (*WHOLE, *MERGES))]
)
def test_every_option_and_every_merge_has_a_section(page: str, name: str) -> None:
    headings = [line for line in (PAGES / f"{page}.md").read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert any(f"`{name}`" in heading for heading in headings)
