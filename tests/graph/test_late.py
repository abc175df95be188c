"""What `check` says of graphs for which `late: keep` keeps nothing."""

from __future__ import annotations

import pytest

from plait.graph.load import load_text

FILE = """\
predictors:
  quick: {url: "http://127.0.0.1:1"}
  slow: {url: "http://127.0.0.1:2", timeout: 5s}
graphs:
  predict: NODE
  used: {parallel: [quick, slow], require: any, timeout: 9s}
"""


def warnings(node: str) -> list[str]:
    return load_text(FILE.replace("NODE", node), {}).warnings


@pytest.mark.parametrize(
    "node",
    [
        "{parallel: [quick, slow], require: any, late: keep}",
        "{parallel: [quick, slow], require: [quick], late: keep}",
        "{parallel: [quick, {predict: slow, optional: true}], late: keep}",
        "{fallback: [slow, {value: 0}], late: keep}",
        '{cascade: [quick, slow], until: "true", late: keep}',
        "{sequence: [{predict: slow, on_error: skip}], late: keep}",
        "{parallel: [used, quick], late: keep, timeout: 1s}",
        '{map: "input", do: quick, require: any, late: keep}',
        "{parallel: [quick, slow]}",
        "{parallel: [quick, slow], late: drop}",
    ],
)
def test_where_something_can_be_kept_or_nothing_is_to_be_there_is_no_warning(node: str) -> None:
    assert [warning for warning in warnings(node) if ".late" in warning] == []


@pytest.mark.parametrize("node", ["{predict: slow, late: keep}", "{parallel: [quick, slow], late: keep}"])
def test_where_all_must_answer_nothing_is_kept(node: str) -> None:
    (warning,) = warnings(node)
    assert warning.startswith("plait.yaml:5:")
    assert "graphs.predict.late: all of its calls must answer for it to answer" in warning


def test_where_no_call_takes_so_long_nothing_is_kept() -> None:
    (warning,) = warnings("{parallel: [quick, {predict: slow, timeout: 500ms}], require: any, late: keep}")
    assert "graphs.predict.late: no call takes as long as its timeout, 2 s" in warning
    assert "give slow predictors a longer timeout, or the graph a shorter one" in warning
