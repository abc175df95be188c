"""The algebra's equations: two ways to write the same graph give the same answer, at the same moment, with the same parts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import assume
from hypothesis import strategies as st

from plait.testing import FakePredictor, GraphRun, run_graph
from tests.laws.random_graphs import scenes
from tests.laws.scene import Scene
from tests.laws.seeded import law

ITSELF = {"transform": "${input}"}
KEPT = {"cache": {"ttl": "1m"}}
VALUES = st.sampled_from([7, None, {"q": 3}, [1, 2], "text"])


def same(one: GraphRun, two: GraphRun) -> bool:
    """Whether two runs cannot be told apart, but for the paths of their nodes."""
    assert told(one) == told(two)
    assert [seconds for _, _, seconds in parts(one)] == pytest.approx([seconds for _, _, seconds in parts(two)], abs=1e-6)
    return alike(one, two)


def alike(one: GraphRun, two: GraphRun) -> bool:
    """Whether two runs have the same answer or the same error, at the same moment."""
    assert said(one) == said(two)
    assert one.seconds == pytest.approx(two.seconds, abs=1e-6)
    return True


def told(run: GraphRun) -> Any:
    return said(run), [(key, status) for key, status, _ in parts(run)]


def said(run: GraphRun) -> Any:
    answer = run.answer and (run.answer.raw, run.answer.complete)
    error = run.error and (run.error.code, run.error.status, run.error.predictor)
    return answer, error


def parts(run: GraphRun, without: str = "") -> list[tuple[str, str, float]]:
    """Key, status and seconds of each part, without what some keys begin with."""
    return sorted((part.key.removeprefix(without), part.status, part.seconds) for part in run.parts)


@law(scenes())
def test_a_sequence_of_one_is_that_step(scene: Scene) -> None:
    assert same(scene.play(), scene.play({"sequence": [scene.node]}))


@law(scenes(nodes=3))
def test_sequences_associate(several: tuple[Scene, list[Any]]) -> None:
    scene, (a, b, c) = several
    flat = scene.play({"sequence": [a, b, c]})
    assert same(flat, scene.play({"sequence": [{"sequence": [a, b]}, c]}))
    assert same(flat, scene.play({"sequence": [a, {"sequence": [b, c]}]}))


@law(scenes(), st.sampled_from(["fallback", "cascade"]), st.booleans())
def test_the_choice_of_one_is_that_one(scene: Scene, kind: str, enough: bool) -> None:  # noqa: FBT001
    until = {"until": str(enough).lower()} if kind == "cascade" else {}
    assert same(scene.play(), scene.play({kind: [scene.node], **until}))


@law(scenes())
def test_one_attempt_or_a_hedge_that_never_fires_is_the_node_itself(scene: Scene) -> None:
    plain = scene.play()
    assert same(plain, scene.play({"sequence": [scene.node], "retry": {"attempts": 1}}))
    assert same(plain, scene.play({"sequence": [scene.node], "hedge": {"after": "1h"}}))


@law(scenes(nodes=2))
def test_a_switch_or_split_with_one_way_to_go_is_the_node_there(several: tuple[Scene, list[Any]]) -> None:
    scene, (node, other) = several
    plain = scene.play()
    assert same(plain, scene.play({"switch": [{"else": node}]}))
    assert same(plain, scene.play({"split": [{"weight": 3, "to": node}]}))
    assert alike(plain, scene.play({"switch": [{"when": "false", "then": other}, {"when": "true", "then": node}]}))
    assert alike(plain, scene.play({"split": [{"weight": 0, "to": other}, {"weight": 1, "to": node}], "key": "request.q"}))


@law(scenes())
def test_mapping_the_input_to_itself_changes_nothing(scene: Scene) -> None:
    plain = scene.play()
    assert same(plain, scene.play({"sequence": [ITSELF, scene.node]}))
    assert same(plain, scene.play({"sequence": [scene.node, ITSELF]}))
    assert same(plain, scene.play({"sequence": [scene.node], "input": "${input}"}))
    assert same(plain, scene.play({"sequence": [{"transform": {"a": "${input}"}}, {"transform": "${input.a}"}, scene.node]}))


@law(scenes(), VALUES)
def test_a_constant_before_a_node_is_its_input_and_after_it_the_answer(scene: Scene, value: Any) -> None:
    assert same(scene.play({"sequence": [{"value": value}, scene.node]}), scene.play({"sequence": [scene.node], "input": value}))
    assert same(
        scene.play({"sequence": [{"value": value}, scene.node]}), scene.play({"sequence": [{"transform": value}, scene.node]})
    )
    plain, constant = scene.play(), scene.play({"sequence": [scene.node, {"value": value}]})
    assert told(constant)[1] == told(plain)[1]
    if plain.answer is None:
        assert alike(constant, plain)
    else:
        assert (constant.value, constant.answer and constant.answer.complete) == (value, plain.answer.complete)


@law(scenes(nodes=2))
def test_a_graph_as_a_node_is_its_root(several: tuple[Scene, list[Any]]) -> None:
    scene, (node, other) = several
    graph = {"inner": {"sequence": [node]}}
    plain, used = scene.play(), scene.play("inner", graph)
    assert alike(plain, used)
    assert [part[:2] for part in parts(used, "inner.")] == told(plain)[1]
    branches = {"x": {"sequence": [node]}, "y": other}
    assert alike(scene.play({"parallel": branches}), scene.play({"parallel": {**branches, "x": "inner"}}, graph))


@law(scenes(), st.sampled_from([30.3, 101.3, 333.3]), st.sampled_from([30.3, 101.3, 333.3]))
def test_nested_timeouts_are_the_shorter(scene: Scene, inner: float, outer: float) -> None:
    # Between nodes `check` refuses timeouts that never count; a graph's own is not judged by who uses it.
    assume("timeout" not in str(scene.node))
    node = {"sequence": [scene.node]}
    nested = scene.play({"predict": "inner", "timeout": f"{outer}ms"}, {"inner": {**node, "timeout": f"{inner}ms"}})
    assert same(nested, scene.play("inner", {"inner": {**node, "timeout": f"{min(inner, outer)}ms"}}))


@law(scenes(leaves_out=False))
def test_the_merge_of_one_is_that_one(scene: Scene) -> None:
    plain = scene.play()
    first, listed, named = (
        scene.play({"parallel": {"only": {"sequence": [scene.node]}}, "merge": merge}) for merge in ("first", "list", "by_name")
    )
    assert said(first) == said(plain)
    if plain.answer is None:
        assert said(listed) == said(named) == said(plain)
    else:
        assert (listed.value, named.value) == ([plain.value], {"only": plain.value})
    for run in (first, listed, named):
        assert told(run)[1] == told(plain)[1]
        assert run.seconds == pytest.approx(plain.seconds, abs=1e-6)


@law(scenes())
def test_optional_and_on_error_are_the_identity_where_nothing_fails_and_never_fail(scene: Scene) -> None:
    plain = scene.play()
    optional, skipped = (
        scene.play({"sequence": [ITSELF, {"sequence": [scene.node], **option}]})
        for option in ({"optional": True}, {"on_error": "skip"})
    )
    if plain.answer is not None:
        assert same(plain, optional)
        assert same(plain, skipped)
    else:
        assert said(optional) == ((b"null", False), None)
        assert (skipped.value, skipped.answer and skipped.answer.complete) == ({"q": 1, "items": [2, 0, 1]}, False)
        assert told(optional)[1] == told(skipped)[1] == told(plain)[1]


@law(scenes(nodes=2))
def test_a_condition_that_always_holds_is_none_and_one_that_never_does_takes_the_branch_away(
    several: tuple[Scene, list[Any]],
) -> None:
    scene, (node, other) = several
    assert same(scene.play(), scene.play({"sequence": [node], "when": "true"}))
    branch = {"sequence": [node]}
    alone = scene.play({"parallel": {"x": branch}})
    both = scene.play({"parallel": {"x": branch, "y": {"sequence": [other], "when": "false"}}})
    assert alike(alone, both)
    assert {part.status for part in both.parts if part.key not in alone.statuses} <= {"skipped", "cancelled"}


@law(scenes(nodes=3), st.sampled_from([("all", 3), ("any", 1), ("all", ["a", "b", "c"]), (["a"], ["a", "a"])]))
def test_one_requirement_has_many_spellings(several: tuple[Scene, list[Any]], spellings: tuple[Any, Any]) -> None:
    scene, nodes = several
    branches = {name: {"sequence": [node]} for name, node in zip("abc", nodes, strict=True)}
    one, two = (scene.play({"parallel": branches, "require": require}) for require in spellings)
    assert same(one, two)


@law(scenes(nodes=3, leaves_out=False), st.sampled_from(["all", "any", 2, ["b"]]))
def test_branches_in_tasks_are_branches(several: tuple[Scene, list[Any]], require: Any) -> None:
    scene, nodes = several
    branches = dict(zip("abc", nodes, strict=True))
    tasks = {name: {"sequence": [ITSELF, node]} for name, node in branches.items()}
    plain, tasked = (scene.play({"parallel": form, "require": require}) for form in (branches, tasks))
    assert said(tasked) == said(plain)


@law(st.permutations(range(6)), st.booleans(), st.sampled_from(["by_name", "list", "object"]))
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


@law(scenes(nodes=2))
def test_the_answer_and_latency_of_shadow_never_depend_on_the_copy(several: tuple[Scene, list[Any]]) -> None:
    scene, (node, copy) = several
    plain, shadowed = scene.play(), scene.play({"shadow": copy, "of": node})
    assert alike(plain, shadowed)
    assert shadowed.left == 0
    assert set(parts_by_predictor(plain)) <= set(parts_by_predictor(shadowed))


def parts_by_predictor(run: GraphRun) -> list[tuple[str, str, str]]:
    return [(part.predictor, part.item, part.status) for part in run.parts]


@law(scenes())
def test_a_cache_is_the_identity_for_one_request(scene: Scene) -> None:
    assert same(scene.play(), scene.play({"sequence": [scene.node], **KEPT}))


@law(scenes(), st.sampled_from([1, 2]))
def test_the_second_of_two_equal_requests_asks_nobody(scene: Scene, concurrency: int) -> None:
    # A graph of its own, in which a function cannot see which item it is.
    kept = {"timeout": "60s", "sequence": [{"sequence": [scene.node], **KEPT}]}
    twice = {"map": "input", "input": ["${request}", "${request}"], "do": "kept", "concurrency": concurrency, "require": "any"}
    run = scene.play(more={"predict": {"timeout": "60s", "sequence": [twice]}, "kept": kept})
    if run.answer is None or not run.answer.complete:
        return
    assert run.value[0] == run.value[1]
    first, second = ([part for part in run.parts if part.item.startswith(f".{place}")] for place in (0, 1))
    assert all(part.attempts == 0 for part in second)
    # A copy that ended after the answer is a part of the first only.
    assert Counter((part.node, part.status) for part in second) <= Counter((part.node, part.status) for part in first)


def patiently(scene: Scene, node: Any) -> GraphRun:
    """Run a node of a scene without a deadline that counts."""
    return scene.play(more={"predict": {"timeout": "60s", "sequence": [node]}})


@law(scenes(leaves_out=False), VALUES)
def test_a_map_over_one_item_is_the_list_of_that_ones_answer(scene: Scene, item: Any) -> None:
    plain = scene.play({"sequence": [{"value": item}, scene.node]})
    mapped = scene.play({"map": "input", "input": [item], "do": scene.node})
    assert mapped.seconds == pytest.approx(plain.seconds, abs=1e-6)
    assert {(key, status) for key, status, _ in parts(mapped)} == {
        (f"{part.key.removesuffix(part.item)}.0{part.item}", part.status) for part in plain.parts
    }
    if plain.answer is None:
        assert said(mapped) == said(plain)
    else:
        assert (mapped.value, mapped.answer and mapped.answer.complete) == ([plain.value], plain.answer.complete)


@law(scenes(), st.integers(2, 5), st.sampled_from(["all", "any", 2]))
def test_the_concurrency_of_a_map_changes_its_time_only(scene: Scene, concurrency: int, require: Any) -> None:
    node = {"map": "input", "input": [3, 0, 1, 2], "do": {"sequence": [scene.node]}, "require": require}
    one, many = (patiently(scene, {**node, "concurrency": most}) for most in (1, concurrency))
    assert one.seconds >= many.seconds - 1e-6
    if one.answer is None:
        assert many.answer is None
    else:
        assert said(one) == said(many)


@law(scenes(), st.sampled_from(["threaded", "wrapped"]), few=3, many=10)
def test_a_function_is_one_whether_it_runs_in_a_thread_or_on_the_loop(scene: Scene, function: str) -> None:
    plain = scene.play({"sequence": [scene.node, {"transform": {"w": "${input}"}}]})
    called = scene.play({"sequence": [{"sequence": [scene.node]}, {"python": f"tests.laws.functions:{function}"}]})
    if plain.answer is not None and called.answer is not None:
        assert same(plain, called)
