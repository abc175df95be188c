"""The cases of KServe's documentation and of its router's tests: each imported, then run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from plait.errors import BadAnswer, PlaitError, Refused
from plait.testing import FakePredictor
from tests.deploy.kserve.importing import imported, run
from tests.nodes.fakes import broken, down, echo, good

INSTANCES = {"instances": ["one", "two"]}
OK = {"predictions": [{"message": "SUCCESS"}]}


def not_found(name: str) -> FakePredictor:
    return FakePredictor(name, error=lambda: BadAnswer("it answered with status 404", 404))


def one(kind: str, *steps: dict[str, Any]) -> dict[str, Any]:
    return {"root": {"routerType": kind, "steps": list(steps)}}


def failure(nodes: dict[str, Any], fakes: list[FakePredictor], request: Any = None) -> PlaitError:
    error = run(nodes, fakes, request).error
    assert error is not None
    return error


# The router's own tests.


def test_a_chain_hands_the_answer_on() -> None:
    nodes = one(
        "Sequence", {"name": "first", "serviceUrl": "http://m1"}, {"name": "second", "serviceUrl": "http://m2", "data": "$response"}
    )
    second = good("second", {"predictions": "2"})
    assert run(nodes, [good("first", {"predictions": "1"}), second], INSTANCES).value == {"predictions": "2"}
    assert second.asked == [{"predictions": "1"}]


def test_predictions_become_instances_of_the_step_that_says_so() -> None:
    first = {"name": "first", "serviceUrl": "http://m1", "mapPredictionsToInstances": True}
    nodes = one("Sequence", first, {"name": "second", "serviceUrl": "http://m2", "data": "$response"})
    asked = [good("first", {"predictions": "1"}), good("second", {"predictions": "2"})]
    assert run(nodes, asked, {"predictions": ["a", "b"], "id": 7}).value == {"predictions": "2"}
    assert [fake.asked for fake in asked] == [[{"instances": ["a", "b"]}], [{"predictions": "1"}]]


@pytest.mark.parametrize(
    "request_",
    [{"predictions": []}, {"predictions": "no list"}, {"predictions": [1], "instances": 1}, {"instances": [1]}, [1], "text"],
)
def test_what_has_no_list_of_predictions_is_asked_as_it_is(request_: Any) -> None:
    nodes = one("Sequence", {"serviceName": "m", "mapPredictionsToInstances": True})
    assert run(nodes, [echo("m")], request_).value == ["m", request_]


def test_an_answer_becomes_the_instances_of_the_next_step() -> None:
    nodes = one("Sequence", {"serviceName": "a"}, {"serviceName": "b", "data": "$response", "mapPredictionsToInstances": True})
    assert run(nodes, [good("a", {"predictions": [1.5], "model": "a"}), echo("b")], INSTANCES).value == ["b", {"instances": [1.5]}]


def test_an_ensemble_answers_by_step() -> None:
    nodes = one("Ensemble", {"name": "model1", "serviceUrl": "http://m1"}, {"name": "model2", "serviceUrl": "http://m2"})
    fakes = [good("model1", {"predictions": "1"}), good("model2", {"predictions": "2"})]
    assert run(nodes, fakes, INSTANCES).value == {"model1": {"predictions": "1"}, "model2": {"predictions": "2"}}


def test_steps_without_a_name_answer_by_their_number() -> None:
    nodes = one(
        "Ensemble", {"serviceName": "sklearn-iris"}, {"name": "Boost-1", "serviceName": "xgboost"}, {"serviceName": "third"}
    )
    run_ = run(nodes, [good("sklearn_iris"), good("xgboost"), good("third")], {})
    assert run_.value == {"0": "sklearn_iris", "Boost-1": "xgboost", "2": "third"}


CATEGORIES = {
    "root": {
        "routerType": "Sequence",
        "steps": [
            {"name": "step1", "nodeName": "animal-categorize"},
            {"name": "step2", "nodeName": "breed-categorize", "condition": 'predictions.#(label=="dog")'},
        ],
    },
    "animal-categorize": {
        "routerType": "Switch",
        "steps": [
            {"name": "model1", "serviceUrl": "http://m1", "condition": 'instances.#(modelId=="1")'},
            {"name": "model2", "serviceUrl": "http://m2", "condition": 'instances.#(modelId=="2")'},
        ],
    },
    "breed-categorize": {
        "routerType": "Ensemble",
        "steps": [{"name": "model3", "serviceUrl": "http://m3"}, {"name": "model4", "serviceUrl": "http://m4"}],
    },
}
CAT, DOG = ({"predictions": [{"label": label, "score": [0.1, 0.9]}]} for label in ("cat", "dog"))


def test_a_condition_that_holds_for_the_answer_lets_the_next_node_run() -> None:
    fakes = [good("model1", CAT), good("model2", DOG), good("model3", {"b": "beagle"}), good("model4", {"b": "poodle"})]
    run_ = run(CATEGORIES, fakes, {"instances": [{"modelId": "2"}]})
    assert run_.value == {"model3": {"b": "beagle"}, "model4": {"b": "poodle"}}
    assert fakes[2].asked == [{"instances": [{"modelId": "2"}]}]


def test_a_condition_that_does_not_hold_ends_the_sequence_with_what_there_is() -> None:
    nodes = {**CATEGORIES, "root": {"routerType": "Sequence", "steps": [*CATEGORIES["root"]["steps"], {"serviceName": "never"}]}}
    fakes = [good("model1", CAT), good("model2", DOG), good("model3"), good("model4"), good("never")]
    run_ = run(nodes, fakes, {"instances": [{"modelId": "1"}]})
    assert run_.value == CAT
    assert [len(fake.asked) for fake in fakes] == [1, 0, 0, 0, 0]


# Its end-to-end tests: soft and hard steps.

PICK = "[@this].#(decision_picker==ERROR)"
SUCCESS = {"name": "rootStep2", "serviceName": "success"}


def test_a_soft_last_step_that_fails_fails_the_graph() -> None:
    nodes = one("Sequence", {"serviceName": "success"}, {"serviceName": "error", "data": "$request"})
    assert failure(nodes, [good("success", OK), not_found("error")]).status == 502


def test_a_soft_first_step_that_fails_does_not_stop_the_next() -> None:
    nodes = one("Sequence", {"serviceName": "error"}, {"serviceName": "success", "data": "$request"})
    run_ = run(nodes, [not_found("error"), good("success", OK)], INSTANCES)
    assert run_.value == OK
    assert run_.answer is not None
    assert not run_.answer.complete


def test_a_hard_step_that_fails_stops_the_sequence() -> None:
    nodes = one("Sequence", {"serviceName": "error", "dependency": "Hard"}, {"serviceName": "success"})
    fakes = [not_found("error"), good("success", OK)]
    assert failure(nodes, fakes).status == 502
    assert fakes[1].asked == []


def test_a_switch_takes_the_first_step_whose_condition_holds() -> None:
    other = {"serviceName": "success", "condition": "[@this].#(decision_picker==SUCCESS)", "dependency": "Soft"}
    nodes = one("Switch", {"serviceName": "error", "condition": PICK, "dependency": "Soft"}, other)
    fakes = [not_found("error"), good("success", OK)]
    assert failure(nodes, fakes, {"decision_picker": "ERROR"}).code == "bad-answer"
    assert run(nodes, fakes, {"decision_picker": "SUCCESS"}).value == OK
    assert failure(nodes, fakes, {"decision_picker": "NONE"}).code == "no-case"


@pytest.mark.parametrize("inner", [{"routerType": "Switch"}, {"routerType": "Splitter"}])
@pytest.mark.parametrize(("dependency", "goes_on"), [("Soft", True), ("", True), ("Hard", False)])
def test_a_node_within_is_soft_or_hard_like_a_service(inner: dict[str, Any], dependency: str, *, goes_on: bool) -> None:
    step = {"name": "node1Step1", "serviceName": "error", "condition": PICK, "weight": 100}
    first = {"name": "rootStep1", "nodeName": "node1", "dependency": dependency}
    nodes = one("Sequence", first, SUCCESS) | {"node1": {**inner, "steps": [step]}}
    run_ = run(nodes, [not_found("error"), good("success", OK)], {"decision_picker": "ERROR"})
    assert (run_.answer is not None and run_.value == OK) is goes_on


def test_a_soft_step_of_an_ensemble_leaves_null() -> None:
    nodes = one("Ensemble", {"name": "rootStep1", "serviceName": "success"}, {"name": "rootStep2", "serviceName": "error"})
    assert run(nodes, [good("success", OK), not_found("error")], {}).value == {"rootStep1": OK, "rootStep2": None}


def test_a_hard_step_of_an_ensemble_fails_it_with_its_own_status() -> None:
    nodes = one("Ensemble", {"name": "rootStep1", "serviceName": "error", "dependency": "Hard"}, SUCCESS)
    refused = FakePredictor("error", error=lambda: Refused("it says that the request is wrong", 422, b"{}"))
    assert failure(nodes, [refused, good("success", OK)]).status == 422


def test_an_answer_that_the_next_step_needs_must_be_there() -> None:
    for following in ({"data": "$response"}, {"condition": "predictions"}):
        nodes = one("Sequence", {"serviceName": "error"}, {"serviceName": "success", **following})
        fakes = [broken("error"), good("success", OK)]
        assert failure(nodes, fakes).status == 502
        assert fakes[1].asked == []


def test_a_soft_step_out_of_reach_does_not_stop_the_next() -> None:
    nodes = one("Sequence", {"serviceName": "gone"}, {"serviceName": "success"})
    assert run(nodes, [down("gone"), good("success", OK)], {}).value == OK


# The documentation.


def test_the_dog_breed_pipeline_asks_for_the_breed_of_dogs_only() -> None:
    breed = {"serviceName": "dog-breed", "name": "dog_breed", "data": "$request", "condition": '[@this].#(predictions.0=="dog")'}
    nodes = one("Sequence", {"serviceName": "cat-dog", "name": "cat_dog"}, breed)
    for label, answer in (("dog", ["dog_breed", INSTANCES]), ("cat", {"predictions": ["cat"]})):
        assert run(nodes, [good("cat_dog", {"predictions": [label]}), echo("dog_breed")], INSTANCES).value == answer


@pytest.mark.parametrize(("data", "chosen"), [(0.95, "upper"), (0.5, "lower"), (0.2, "lower"), (0.7, "middle"), (0.9, "middle")])
def test_the_switch_by_a_number_takes_the_step_of_its_range(data: float, chosen: str) -> None:
    nodes = one(
        "Switch",
        {"serviceName": "upper", "condition": "[@this].#(instances.0.data>0.9)"},
        {"serviceName": "lower", "condition": "[@this].#(instances.0.data<=0.5)"},
        {"nodeName": "middle", "condition": "[@this].#(instances.0.data>0.5 && instances.0.data<=0.9)"},
    )
    nodes["middle"] = {"routerType": "Sequence", "steps": [{"serviceName": "between"}]}
    fakes = [good("upper"), good("lower"), good("between", "middle")]
    assert run(nodes, fakes, {"instances": [{"data": data}]}).value == chosen
    assert any("neither && nor ||" in note for note in imported(nodes).notes)


def test_a_step_after_one_with_a_condition_runs_only_if_that_held() -> None:
    first, second = '[@this].#(predictions.0.class=="news")', '[@this].#(predictions.0.class=="sports")'
    nodes = one(
        "Sequence",
        {"serviceName": "preprocessor"},
        {"serviceName": "classifier", "data": "$response"},
        {"serviceName": "text", "condition": first},
        {"serviceName": "entities", "condition": second},
    )
    for label, asked in (("sports", [1, 0, 0]), ("news", [1, 1, 1])):
        classified = {"predictions": [{"class": label}]}
        fakes = [good("classifier", classified), good("text", {"predictions": [{"class": "sports"}]}), echo("entities")]
        run_ = run(nodes, [echo("preprocessor"), *fakes], INSTANCES)
        assert fakes[0].asked == [["preprocessor", INSTANCES]]
        assert [len(fake.asked) for fake in fakes] == asked
        assert run_.value == (classified if label == "sports" else ["entities", INSTANCES])


def test_a_splitter_keeps_to_its_weights() -> None:
    names = {"model-a": 50, "model-b": 30, "model-c": 20}
    nodes = one("Splitter", *({"serviceName": name, "name": name, "weight": weight} for name, weight in names.items()))
    made = imported(nodes).data["graphs"]["the_graph"]
    assert made == {"split": [{"weight": weight, "to": name.replace("-", "_")} for name, weight in names.items()]}
    seen = Counter(run(nodes, [good("model_a"), good("model_b"), good("model_c")], {}).value for _ in range(60))
    assert set(seen) == {"model_a", "model_b", "model_c"}


def test_nodes_that_refer_to_nodes_are_graphs_of_their_own() -> None:
    nodes = one(
        "Sequence", {"nodeName": "choose", "name": "split"}, {"nodeName": "parallel", "name": "ensemble", "data": "$response"}
    )
    nodes["choose"] = one("Splitter", {"serviceName": "a", "weight": 100}, {"serviceName": "b", "weight": 0})["root"]
    nodes["parallel"] = one("Ensemble", {"serviceName": "c", "name": "c"}, {"serviceName": "d", "name": "d"})["root"]
    run_ = run(nodes, [echo("a"), good("b"), echo("c"), echo("d")], 1)
    assert run_.value == {"c": ["c", ["a", 1]], "d": ["d", ["a", 1]]}


def test_request_within_a_node_is_what_the_node_was_given() -> None:
    nodes = one("Sequence", {"serviceName": "a"}, {"nodeName": "inner", "data": "$response"})
    nodes["inner"] = one("Sequence", {"serviceName": "b"}, {"serviceName": "c", "data": "$request"})["root"]
    assert run(nodes, [good("a", "from a"), good("b"), echo("c")], "request").value == ["c", "from a"]
