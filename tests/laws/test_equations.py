"""The algebra's equations: two ways to write the same graph give the same answer, at the same moment, with the same parts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plait.testing import FakePredictor, GraphRun, run_graph
from tests.laws.random_graphs import Scene, scenes
from tests.laws.seeded import SEEDED


def same(one: GraphRun, two: GraphRun) -> bool:
    """Whether two runs cannot be told apart, but for the paths of their nodes."""
    assert told(one) == told(two)
    assert [part.seconds for part in one.parts] == pytest.approx([part.seconds for part in two.parts], abs=1e-6)
    assert one.seconds == pytest.approx(two.seconds, abs=1e-6)
    return True


def told(run: GraphRun) -> Any:
    answer = run.answer and (run.answer.raw, run.answer.complete)
    error = run.error and (run.error.code, run.error.status, run.error.predictor)
    return answer, error, [(part.key, part.status) for part in run.parts]


@SEEDED
@given(scenes())
def test_a_sequence_of_one_is_that_step(scene: Scene) -> None:
    assert same(scene.play(), scene.play({"sequence": [scene.node]}))


@SEEDED
@given(scenes(nodes=3))
def test_sequences_associate(several: tuple[Scene, list[Any]]) -> None:
    scene, (a, b, c) = several
    flat = scene.play({"sequence": [a, b, c]})
    assert same(flat, scene.play({"sequence": [{"sequence": [a, b]}, c]}))
    assert same(flat, scene.play({"sequence": [a, {"sequence": [b, c]}]}))


@SEEDED
@given(scenes())
def test_mapping_the_input_to_itself_changes_nothing(scene: Scene) -> None:
    plain, itself = scene.play(), {"transform": "${input}"}
    assert same(plain, scene.play({"sequence": [itself, scene.node]}))
    assert same(plain, scene.play({"sequence": [scene.node, itself]}))
    assert same(plain, scene.play({"sequence": [scene.node], "input": "${input}"}))


@SEEDED
@given(scenes())
def test_a_graph_as_a_node_is_its_root(scene: Scene) -> None:
    plain, used = scene.play(), scene.play("inner", {"inner": {"sequence": [scene.node]}})
    assert told(used)[:2] == told(plain)[:2]
    assert [part.key for part in used.parts] == [f"inner.{part.key}" for part in plain.parts]


@SEEDED
@given(scenes(), st.sampled_from([30.3, 101.3, 333.3]), st.sampled_from([30.3, 101.3, 333.3]))
def test_nested_timeouts_are_the_shorter(scene: Scene, inner: float, outer: float) -> None:
    # Between nodes `check` refuses timeouts that never count; a graph's own is not judged by who uses it.
    assume("timeout" not in str(scene.node))
    node = {"sequence": [scene.node]}
    nested = scene.play({"predict": "inner", "timeout": f"{outer}ms"}, {"inner": {**node, "timeout": f"{inner}ms"}})
    assert same(nested, scene.play("inner", {"inner": {**node, "timeout": f"{min(inner, outer)}ms"}}))


@SEEDED
@given(scenes())
def test_the_merge_of_one_is_that_one(scene: Scene) -> None:
    plain = scene.play()
    first, listed, named = (
        scene.play({"parallel": {"only": scene.node}, "merge": merge}) for merge in ("first", "list", "by_name")
    )
    assert told(first)[:2] == told(plain)[:2]
    if plain.answer is None:
        assert told(listed)[:2] == told(named)[:2] == told(plain)[:2]
    else:
        assert (listed.value, named.value) == ([plain.value], {"only": plain.value})
    for run in (first, listed, named):
        assert [part.status for part in run.parts] == [part.status for part in plain.parts]
        assert run.seconds == pytest.approx(plain.seconds, abs=1e-6)


@SEEDED
@given(scenes())
def test_optional_is_the_identity_where_nothing_fails_and_never_fails(scene: Scene) -> None:
    plain, optional = scene.play(), scene.play({"sequence": [scene.node], "optional": True})
    if plain.answer is not None:
        assert same(plain, optional)
    else:
        assert optional.answer is not None
        assert (optional.answer.raw, optional.answer.complete) == (b"null", False)
        assert told(optional)[2] == told(plain)[2]


@SEEDED
@given(scenes(nodes=3), st.sampled_from([("all", 3), ("any", 1), ("all", ["a", "b", "c"]), (["a"], ["a", "a"])]))
def test_one_requirement_has_many_spellings(several: tuple[Scene, list[Any]], spellings: tuple[Any, Any]) -> None:
    scene, nodes = several
    branches = dict(zip("abc", nodes, strict=True))
    one, two = (scene.play({"parallel": branches, "require": require}) for require in spellings)
    assert same(one, two)


@SEEDED
@given(st.permutations(range(6)), st.booleans(), st.sampled_from(["by_name", "list", "object"]))
def test_a_parallels_answer_has_its_declared_order_whatever_the_arrival_order(order: list[int], tasks: bool, merge: str) -> None:  # noqa: FBT001
    cast = [FakePredictor(f"p{place}", {f"p{place}": place}, after=0.01 + late / 100) for place, late in enumerate(order)]
    branches = {one.name: {"sequence": [{"value": 0}, one.name]} if tasks else one.name for one in cast}
    run = run_graph({"predict": {"parallel": branches, "merge": merge}}, cast)
    answers = [f'{{"p{place}":{place}}}' for place in range(6)]
    expected = {
        "by_name": "{" + ",".join(f'"p{place}":{answer}' for place, answer in enumerate(answers)) + "}",
        "list": f"[{','.join(answers)}]",
        "object": "{" + ",".join(answer[1:-1] for answer in answers) + "}",
    }
    assert run.answer is not None
    assert run.answer.raw.decode() == expected[merge]
    assert [part.key for part in run.parts] == [f"p{place}" for place in sorted(range(6), key=order.__getitem__)]


@SEEDED
@given(scenes(nodes=3), st.sampled_from(["all", "any", 2, ["b"]]))
def test_branches_in_tasks_are_branches(several: tuple[Scene, list[Any]], require: Any) -> None:
    scene, nodes = several
    branches = dict(zip("abc", nodes, strict=True))
    tasks = {name: {"sequence": [{"transform": "${input}"}, node]} for name, node in branches.items()}
    plain, tasked = (scene.play({"parallel": form, "require": require}) for form in (branches, tasks))
    assert told(tasked)[:2] == told(plain)[:2]
