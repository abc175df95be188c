"""What an import lists, and how names, URLs and timeouts come out."""

from __future__ import annotations

from typing import Any

import pytest

from plait.deploy.kserve import import_text
from plait.graph.load import load_text
from tests.deploy.kserve.importing import imported

MODEL = {"serviceName": "sklearn-iris"}


def one(kind: str, *steps: dict[str, Any]) -> dict[str, Any]:
    return {"root": {"routerType": kind, "steps": list(steps)}}


def noted(nodes: dict[str, Any], **spec: Any) -> str:
    return "\n".join(imported(nodes, **spec).notes)


STREAM = """\
# The models, and the graph.
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: sklearn-iris
---
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata:
  name: model-chainer
  annotations: {serving.kserve.io/enable-auth: "true", team: a}
spec:
  minReplicas: 0
  nodes:
    root:
      routerType: Sequence
      steps:
      - serviceName: sklearn-iris
      - name: second
        serviceUrl: http://xgboost-iris:8080
        data: $request
"""


def test_the_graph_among_other_documents_is_imported_and_the_others_are_listed() -> None:
    made = import_text(STREAM.encode())
    assert made.data == {
        "defaults": {"predictor": {"timeout": "1m"}, "graph": {"timeout": "1m"}},
        "predictors": {
            "sklearn_iris": {"url": "http://sklearn-iris.default.svc.cluster.local/v1/models/sklearn-iris:predict"},
            "second": {"url": "http://xgboost-iris:8080", "path": "/"},
        },
        "graphs": {
            "model_chainer": {
                "sequence": [
                    {"predict": "sklearn_iris", "on_error": "skip"},
                    {"predict": "second", "input": "${request}"},
                ]
            }
        },
    }
    key = 'metadata.annotations["serving.kserve.io/enable-auth"]'
    assert made.notes[:4] == (
        "InferenceService sklearn-iris stands in the same file and was not looked at",
        f"{key}: KServe's router lets in only those with a token; plait lets everybody in",
        "metadata.annotations.team: not carried over",
        "spec.minReplicas: is for Kubernetes; not carried over",
    )


def test_the_file_says_at_its_top_what_is_not_carried_over_and_can_be_loaded() -> None:
    made = import_text(STREAM.encode())
    head, _, body = made.text.partition("\n\n")
    comments = " ".join(line.removeprefix("#").strip().removeprefix("- ") for line in head.splitlines())
    assert all(line.startswith("# ") for line in head.splitlines())
    assert all(note in comments for note in made.notes)
    assert load_text(made.text, {}).config == load_text(body, {}).config
    assert max(map(len, head.splitlines())) <= 120


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://m", {"url": "http://m", "path": "/"}),
        ("http://m/", {"url": "http://m", "path": "/"}),
        ("http://m:8080/v1/models/m:predict", {"url": "http://m:8080/v1/models/m:predict"}),
        ("http://m/x?a=1&b=2", {"url": "http://m:80", "path": "/x?a=1&b=2"}),
        ("http://m?a=1", {"url": "http://m:80", "path": "/?a=1"}),
        ("https://m/v1", {"url": "https://m/v1"}),
        ("https://m/x?a=1", {"url": "https://m:443", "path": "/x?a=1"}),
    ],
)
def test_a_url_is_asked_whole(url: str, entry: dict[str, str]) -> None:
    assert imported(one("Sequence", {"serviceUrl": url})).data["predictors"] == {"m": entry}


def test_who_is_asked_twice_is_one_predictor() -> None:
    made = imported(one("Ensemble", MODEL, MODEL | {"name": "again"}, {"serviceUrl": "http://u", "name": "sklearn-iris"}))
    assert list(made.data["predictors"]) == ["sklearn_iris", "sklearn_iris_model"]


def test_graphs_steps_and_predictors_have_names_of_their_own() -> None:
    nodes = one("Sequence", {"nodeName": "the-graph"}, {"nodeName": "sklearn-iris"}, MODEL, MODEL)
    nodes |= {name: one("Sequence", MODEL)["root"] for name in ("the-graph", "sklearn-iris")}
    graphs = imported(nodes).data["graphs"]
    assert list(graphs) == ["the_graph", "the_graph_node", "sklearn_iris_node"]
    names = [step.get("name") or step["predict"] for step in graphs["the_graph"]["sequence"]]
    assert names == ["the_graph_node", "sklearn_iris_node", "sklearn_iris", "sklearn_iris_step"]


@pytest.mark.parametrize(
    ("spec", "predictor", "graph"),
    [
        ({}, "1m", "1m"),
        ({"routerTimeouts": {"serviceClient": 5, "serverWrite": None}}, "5s", "1m"),
        ({"routerTimeouts": {"serverWrite": 90}}, "90s", "90s"),
        ({"routerTimeouts": {"serverWrite": 90, "serviceClient": 120}, "timeout": 30}, "30s", "30s"),
        ({"routerTimeouts": {"serverWrite": 0, "serviceClient": 0}}, "24h", "24h"),
    ],
)
def test_timeouts_are_those_of_the_router(spec: dict[str, Any], predictor: str, graph: str) -> None:
    made = imported(one("Sequence", MODEL), **spec)
    assert made.data["defaults"] == {"predictor": {"timeout": predictor}, "graph": {"timeout": graph}}


@pytest.mark.parametrize(
    ("spec", "note"),
    [
        ({"routerTimeouts": {"serverRead": 5}}, "spec.routerTimeouts.serverRead: plait's own bounds"),
        ({"routerTimeouts": {"serverIdle": 5}}, "spec.routerTimeouts.serverIdle: plait's own bounds"),
        ({"routerTimeouts": {"serverWrite": 0}}, "spec.routerTimeouts.serverWrite: no limit is not to be had; 24h is taken"),
        ({"defaultRetry": {"maxRetries": 3}}, "spec.defaultRetry: not carried over"),
        ({"resources": {}}, "spec.resources: is for Kubernetes; not carried over"),
        ({"brandNew": 1}, "spec.brandNew: is not known here; not carried over"),
    ],
)
def test_what_the_resource_says_besides_is_listed(spec: dict[str, Any], note: str) -> None:
    assert note in noted(one("Sequence", MODEL), **spec)


@pytest.mark.parametrize(
    ("nodes", "note"),
    [
        (one("Sequence", MODEL | {"data": "$response"}), "steps[0].data: the first step is given the request"),
        (one("Sequence", MODEL, MODEL | {"data": "$response.predictions"}), "takes $response.predictions for $request"),
        (one("Sequence", MODEL, MODEL), "steps[0]: soft: the graph goes on whatever the failure"),
        (one("Sequence", MODEL, MODEL | {"data": "$response"}), "steps[0]: soft: a failure ends the graph"),
        (one("Ensemble", MODEL), "steps[0]: soft: if it fails, its part is null"),
        (
            one("Ensemble", MODEL | {"condition": "a"}),
            "steps[0].condition: KServe's router ignores it in a node of type Ensemble; left out",
        ),
        (
            one("Splitter", MODEL | {"weight": 100, "data": "$response"}),
            "steps[0].data: KServe's router ignores it in a node of type Splitter",
        ),
        (one("Switch", MODEL | {"condition": "a"}, MODEL), "steps[1]: without a condition it is no else"),
        (
            one("Switch", MODEL | {"condition": "a"}, MODEL | {"condition": "a"}),
            "steps[1]: a case before it has the same",
        ),
        (one("Switch", MODEL | {"condition": "a"}), "a Switch of which no case holds: 404"),
        (one("Switch", MODEL | {"condition": "a"}), "more than 256 KiB"),
        (one("Sequence", MODEL | {"retry": {"maxRetries": 2}}), "steps[0].retry: not carried over"),
        (
            one("Sequence", MODEL) | {"alone": one("Switch", MODEL | {"condition": "a.*"})["root"]},
            "spec.nodes.alone: no step leads",
        ),
        (one("Sequence", MODEL), "a predictor that fails: KServe's router passes its status and body on"),
        (one("Sequence", MODEL), "name them in forward_headers"),
        (one("Sequence", MODEL), "the graph is served at /predict/the_graph"),
        (one("Sequence", MODEL), "assumed the V1 protocol, the model's name sklearn-iris: see its url"),
    ],
)
def test_what_cannot_be_carried_over_is_listed(nodes: dict[str, Any], note: str) -> None:
    assert note in noted(nodes)


def test_a_step_that_is_hard_has_no_note() -> None:
    assert "soft" not in noted(one("Sequence", MODEL | {"dependency": "Hard"}, MODEL | {"dependency": "Hard"}))


def test_odd_characters_stay_within_their_line() -> None:
    nodes = one("Sequence", MODEL, {"name": "a\nb", "serviceUrl": "http://u", "data": "\u001b[1m\u2028x\ny: 1"})
    made = imported(nodes, name="x\n\u001b y")
    assert "takes �[1m�x�y: 1 for $request" in "\n".join(made.notes)
    assert all(line.startswith("#") for line in made.text.partition("\n\n")[0].splitlines())
