"""shadow: a copy of the input for another node, whose answer is nobody's."""

from __future__ import annotations

from typing import Any

import pytest

from plait.graph.spec import Config
from plait.nodes import shadow
from plait.testing import FakePredictor, GraphRun, run_graph
from tests.nodes.fakes import broken, echo, good, silent


def shadowed(of: FakePredictor, copy: FakePredictor, **options: Any) -> GraphRun:
    return run_graph({"predict": {"shadow": copy.name, "of": of.name, **options}}, [of, copy], {"x": 1})


COPIES = [good("b"), good("b", after=0.1), good("b", after=1.5), broken("b"), broken("b", after=0.3), silent("b", timeout=1.0)]


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("of", [good("a", after=0.2), broken("a", after=0.2)])
def test_answer_and_latency_never_depend_on_the_copy(of: FakePredictor, copy: FakePredictor) -> None:
    alone = run_graph({"predict": "a"}, [of], {"x": 1})
    run = shadowed(of, copy)
    assert run.seconds == alone.seconds
    if run.error is None:
        assert run.answer is not None
        assert (run.value, run.answer.complete) == (alone.value, True)
    else:
        assert alone.error is not None
        assert (run.error.code, run.error.node) == (alone.error.code, "predict/a")
    assert run.left == 0


def test_the_copy_has_the_same_input_and_its_part_is_recorded() -> None:
    copy = echo("b", after=0.1)
    run = shadowed(good("a", after=0.2), copy)
    assert copy.asked == [{"x": 1}]
    assert run.statuses == {"b": "ok", "a": "ok"}


def test_a_copy_goes_on_when_the_answer_is_there() -> None:
    run = shadowed(good("a", after=0.1), good("b", after=0.4))
    assert run.seconds == pytest.approx(0.1)
    assert [(part.key, part.status) for part in run.parts] == [("a", "ok"), ("b", "ok")]


def test_a_copy_ends_at_the_deadline_at_the_latest() -> None:
    run = shadowed(good("a"), silent("b"), timeout="300ms")
    assert run.statuses == {"a": "ok", "b": "timeout"}


def test_when_the_client_leaves_the_copy_stops_too() -> None:
    of, copy = good("a", after=0.5), silent("b")
    run = run_graph({"predict": {"shadow": "b", "of": "a"}}, [of, copy], cancel_after=0.1)
    assert (of.cancelled, copy.cancelled, run.left) == (1, 1, 0)


@pytest.mark.parametrize(("sample", "least", "most"), [("0%", 0, 0), ("10%", 25, 27), ("100%", 256, 256)])
def test_a_share_of_the_inputs_is_copied(sample: str, least: int, most: int) -> None:
    copy = good("b")
    graph = {"map": "input", "do": {"shadow": "b", "of": "a", "sample": sample}}
    run_graph({"predict": graph}, [good("a"), copy], list(range(256)))
    assert least <= len(copy.asked) <= most


def test_only_so_many_copies_are_under_way_at_once() -> None:
    copy = silent("b")
    items = list(range(shadow.AT_ONCE + 10))
    run = run_graph({"predict": {"map": "input", "do": {"shadow": "b", "of": "a"}}}, [good("a"), copy], items)
    assert run.error is None
    assert len(copy.asked) == shadow.AT_ONCE
    assert [part.status for part in run.parts].count("overloaded") == 10


def test_a_fault_in_a_copy_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(FakePredictor):
        def ask(self, *args: Any) -> Any:
            raise ZeroDivisionError("a fault")

    run = run_graph({"predict": {"shadow": "b", "of": "a"}}, [good("a", after=0.1), Faulty("b")], 1)
    assert run.value == "a"
    assert "a fault" in caplog.text


def test_the_sample_of_a_graph_whose_first_node_is_a_shadow_is_the_shadows() -> None:
    config = Config.model_validate({"graphs": {"predict": {"shadow": "b", "of": "a", "sample": "5%", "timeout": "1s"}}})
    graph = config.graphs["predict"]
    assert (graph.root.sample, graph.has_sample, graph.timeout) == (0.05, False, 1.0)


@pytest.mark.parametrize("sample", ["10", 0.1, "101%", "-1%", "abc", 1])
def test_a_sample_is_a_percentage(sample: Any) -> None:
    with pytest.raises(ValueError, match="is no share; write it as 10%"):
        shadowed(good("a"), good("b"), sample=sample)
