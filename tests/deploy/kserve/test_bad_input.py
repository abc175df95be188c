"""What is no InferenceGraph, or none that can be carried over: each a clear problem with its place."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from plait.deploy.kserve import import_text
from plait.errors import ConfigError
from plait.graph.problems import problems_text
from plait.graph.text import Kind
from tests.deploy.kserve.importing import imported, resource

HEAD = "apiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\nmetadata: {name: g}\n"
MODEL = {"serviceName": "m"}


def said(text: str | bytes, kind: Kind = "yaml") -> str:
    raw = text.encode() if isinstance(text, str) else text
    with pytest.raises(ConfigError) as caught:
        import_text(raw, kind, "graph.yaml")
    return problems_text(caught.value.problems, caught.value.source)


def refused(*steps: Any, kind: str = "Sequence", **nodes: Any) -> str:
    return said(msgspec.json.encode(resource({"root": {"routerType": kind, "steps": list(steps)}, **nodes})), "json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is no YAML"),
        (b"\xff", "is not UTF-8"),
        ("", "has no InferenceGraph (save one with: kubectl get inferencegraph NAME -o yaml)"),
        ("just text", "has no InferenceGraph, only a document without a kind"),
        ("kind: Service\nmetadata: {name: s}\n", "has no InferenceGraph, only Service s"),
        ("kind: [1]\n", "has no InferenceGraph, only a document without a kind"),
        (
            f"{HEAD}spec: {{nodes: {{}}}}\n---\n{HEAD}spec: {{}}\n",
            "has 2 InferenceGraphs: g, g",
        ),
        (HEAD, "graph.yaml:1:1 needs spec (add spec: …)"),
        (f"{HEAD}spec: {{}}\n", "graph.yaml:4:1 spec: needs nodes"),
        (f"{HEAD}spec: {{nodes: []}}\n", "spec.nodes: must be a mapping"),
        (f"{HEAD}spec: {{nodes: {{}}}}\n", "spec.nodes: there is no node root (KServe begins with it: rename the first node)"),
        (f"{HEAD}spec: {{nodes: {{root: 3}}}}\n", "spec.nodes.root: must be a mapping"),
        (f"{HEAD}kind: again\nspec: {{nodes: {{}}}}\n", "graph.yaml:4:1 kind:"),
        (HEAD.replace("v1alpha1", "v1beta1"), "apiVersion: must be 'serving.kserve.io/v1alpha1'"),
        (HEAD.replace("{name: g}", "{}"), "metadata: needs name"),
        (HEAD.replace("{name: g}", "{name: 3}"), "metadata.name: must be text"),
        (f"---\n{HEAD}spec: {{}}\n" * 11, "has 11 InferenceGraphs (import them"),
        (f"a: 1\n---\n{HEAD}a: 2\na: 3\n", "graph.yaml:7:1 a:"),
        ("kind: Service\n---\nkind: Pod\nmetadata:\n  name: p\n---\n# empty\n", "has no InferenceGraph, only Service, Pod p"),
        (f"# nothing\n---\n---\n{HEAD}spec:\n  nodes:\n    root: {{routerType: Sequence, steps: []}}\n", "graph.yaml:9:34"),
    ],
)
def test_a_text_that_is_no_inference_graph_is_refused(text: str | bytes, message: str) -> None:
    assert message in said(text)


@pytest.mark.parametrize("text", ["[" * 200_000, "a: " + "{a: " * 200_000, "- " * 200_000])
def test_200_000_levels_are_refused_at_once(text: str) -> None:
    began = time.perf_counter()
    assert said(text)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({}, "spec.nodes.root.steps[0]: has no target (give it a serviceName, a serviceUrl or a nodeName)"),
        ({"serviceName": "", "serviceUrl": None}, "has no target"),
        (MODEL | {"serviceUrl": "http://m"}, "has more than one target: serviceName and serviceUrl (leave one of them)"),
        ({"nodeName": "rot"}, "steps[0].nodeName: there is no node rot (did you mean root?)"),
        ({"nodeName": "root"}, "spec.nodes.root: leads back to itself: root → root (break the cycle)"),
        (MODEL | {"conditon": "a"}, "steps[0].conditon: is no field of an InferenceGraph (did you mean condition?)"),
        ({"service": "m"}, "steps[0].service: is no field of an InferenceGraph (write serviceName; the router never knew service)"),
        (MODEL | {"weight": "50"}, "steps[0].weight: must be a whole number"),
        (MODEL | {"dependency": "hard"}, "steps[0].dependency: must be '', 'Soft' or 'Hard' (the first letter is a capital)"),
        (MODEL | {"condition": "a"}, "steps[0].condition: the router answers every request with 500"),
        ({"serviceUrl": "ftp://m/x"}, "steps[0].serviceUrl: ftp://m/x is no http URL"),
        ({"serviceUrl": "http://single-1.default.{$your-domain}/switch"}, "has no valid host"),
        ({"serviceUrl": "http://me:secret@m"}, "must not carry a user or password"),
        ({"serviceUrl": "m:8080"}, "is no http URL"),
    ],
)
def test_a_step_that_is_wrong_is_refused_with_its_place(step: dict[str, Any], message: str) -> None:
    assert message in refused(step)


@pytest.mark.parametrize(
    ("kind", "steps", "message"),
    [
        ("Single", [MODEL], "routerType: must be 'Sequence', 'Switch', 'Ensemble' or 'Splitter' (the router knows it as Sequence)"),
        ("switch", [MODEL], "the first letter is a capital"),
        ("Sequence", [], "spec.nodes.root.steps: must not be empty"),
        ("Switch", [MODEL], "none of its steps has a condition"),
        ("Switch", [MODEL | {"condition": "a.@reverse"}], "the condition a.@reverse cannot be carried over: what begins with @"),
        ("Splitter", [MODEL], "spec.nodes.root.steps[0]: needs a weight"),
        ("Splitter", [MODEL | {"weight": 50}, MODEL | {"weight": 49}], "its weights add up to 99 (KServe takes only weights that"),
        ("Splitter", [MODEL | {"weight": 120}, MODEL | {"weight": -20}], "steps[1]: the weight is negative"),
        ("Sequence", [MODEL | {"name": "a"}, MODEL | {"name": "a"}], "steps[1]: there is already a step a"),
        ("Ensemble", [MODEL, MODEL | {"name": "0"}], "steps[1]: there is already a step 0"),
    ],
)
def test_a_node_that_is_wrong_is_refused_with_its_place(kind: str, steps: list[Any], message: str) -> None:
    assert message in refused(*steps, kind=kind)


def test_every_problem_is_told_at_once() -> None:
    text = refused({}, MODEL | {"condition": "a"}, {"nodeName": "x"}, other={"routerType": "Splitter", "steps": [MODEL]})
    assert [word in text for word in ("no target", "no node x", "needs a weight")] == [True, True, True]


def test_a_cycle_through_many_nodes_is_shown() -> None:
    nodes = {f"n{number}": {"routerType": "Sequence", "steps": [{"nodeName": f"n{number + 1}"}]} for number in range(3)}
    nodes["n3"] = {"routerType": "Sequence", "steps": [MODEL, {"nodeName": "n1"}]}
    assert "spec.nodes.n1: leads back to itself: n1 → n2 → n3 → n1" in refused({"nodeName": "n0"}, **nodes)


def test_a_graph_that_is_too_deep_for_plait_is_told_as_such() -> None:
    count = 200
    nodes = {f"n{number}": {"routerType": "Sequence", "steps": [{"nodeName": f"n{number + 1}"}]} for number in range(count)}
    nodes[f"n{count}"] = {"routerType": "Sequence", "steps": [MODEL]}
    text = refused({"nodeName": "n0"}, **nodes)
    assert "what was made of graph.yaml" in text
    assert "nodes deep with the graphs that it uses (64 are the most)" in text


def test_conditions_nested_too_deep_for_plait_are_told_as_such() -> None:
    steps = [MODEL, *(MODEL | {"condition": "a"} for _ in range(100))]
    assert "what was made of graph.yaml" in refused(*steps)


@pytest.mark.parametrize("name", ["in", "map", "input", "9-lives", "UPPER", "-", "ünïcode", "a.b", "${env.HOME}", "x\ny"])
def test_any_name_becomes_one_that_plait_takes(name: str) -> None:
    step = {"name": name, "serviceName": name} if name not in ("ünïcode", "${env.HOME}", "x\ny", "-") else {"name": name} | MODEL
    nodes = {
        "root": {"routerType": "Sequence", "steps": [{"nodeName": name}, step | {"condition": "a"}]},
        name: {"routerType": "Ensemble", "steps": [step]},
    }
    assert len(imported(nodes, name).data["graphs"]) == 2


def test_documents_beside_the_graph_may_be_anything() -> None:
    graph = f"{HEAD}spec: {{nodes: {{root: {{routerType: Sequence, steps: [{{serviceUrl: http://m}}]}}}}}}\n"
    text = f"kind: Service\nx: &a [*a\n---\n{graph}---\nkind: !!set Pod\n"
    made = import_text(text.encode())
    assert list(made.data["graphs"]) == ["g"]
    assert made.notes[0].startswith("Service stands in the same file")


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "---\n" * 250_000,
        "kind: X\n---\n" * 80_000,
        f"---\n{HEAD}" * 10_000,
        f"{HEAD}spec:\n  nodes:\n    root:\n      routerType: Sequence\n      steps:\n" + "      - {serviceName: m}\n" * 25_000,
        f"{HEAD}spec:\n  nodes:\n    root:\n      routerType: Ensemble\n      steps:\n" + "      - {}\n" * 80_000,
    ],
)
def test_a_file_of_a_megabyte_is_refused_within_seconds(text: str) -> None:
    began = time.perf_counter()
    assert len(said(text)) < 100_000
    assert time.perf_counter() - began < 10


@pytest.mark.slow
def test_many_cycles_are_told_in_few_words() -> None:
    nodes = {
        f"n{number}": {"routerType": "Sequence", "steps": [{"nodeName": f"n{number + 1}"}, {"nodeName": "n0"}]}
        for number in range(4000)
    }
    nodes["n4000"] = {"routerType": "Sequence", "steps": [MODEL]}
    assert len(refused({"nodeName": "n0"}, **nodes)) < 10_000


@pytest.mark.parametrize(
    ("path", "why"), [("#(" * 300 + "a" + ")" * 300, "nests too deep"), ("a." * 100_000 + "a", "longer than 1024")]
)
def test_a_monstrous_condition_is_refused(path: str, why: str) -> None:
    assert why in refused(MODEL | {"condition": path}, kind="Switch")
