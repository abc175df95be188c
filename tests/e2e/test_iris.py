"""The Iris example for real: three predictor processes and the proxy, over sockets."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plait.cli.http import Reply, send
from tests.e2e.processes import Plait, run, serving

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

IRIS = Path(__file__).parents[2] / "examples" / "iris"
SPECIES = ("setosa", "versicolor", "virginica")
FLOWER = {"data": [[1.0, 2.0, 3.0, 4.0]]}


class Iris:
    """The running example."""

    def __init__(self, stack: ExitStack) -> None:
        self.predictors: dict[str, Plait] = {}
        services = {}
        for name in SPECIES:
            url, process = stack.enter_context(
                serving("predictor", str(IRIS / "models" / f"{name}.onnx"), "--name", name, "--port", "0")
            )
            self.predictors[name] = process
            services[f"SERVICE_{name.upper()}"] = url.removeprefix("http://")
        self.services = services
        self.url, self.proxy = stack.enter_context(serving("serve", str(IRIS / "plait.yaml"), "--port", "0", **services))

    def post(self, route: str, body: Any, **headers: str) -> Reply:
        return send(self.url + route, json.dumps(body).encode(), headers)


@pytest.fixture(scope="module")
def iris() -> Iterator[Iris]:
    with ExitStack() as stack:
        yield Iris(stack)


def test_both_requests_of_the_readme_are_answered(iris: Iris) -> None:
    answer = iris.post("/predict", FLOWER)
    label = iris.post("/predict/label", FLOWER)
    assert answer.status == label.status == 200
    predictions = {name: own["prediction"] for name, own in json.loads(answer.body).items()}
    assert list(predictions) == list(SPECIES)
    assert all(len(pair) == 2 and abs(sum(pair) - 1) < 1e-6 for pair in predictions.values())
    best = max(predictions, key=lambda name: predictions[name][0])
    assert json.loads(label.body) == {"prediction": {"proba": predictions[best][0], "label": best}}
    assert answer.headers["x-plait-complete"] == "true"
    assert {entry.split(";")[0] for entry in answer.headers["server-timing"].split(", ")} == set(SPECIES)


def test_the_label_is_right_for_the_whole_set_at_the_accuracy_of_scikit_learn(iris: Iris) -> None:
    from examples.iris.train import flowers, train  # noqa: PLC0415 - scikit-learn is slow to import

    data, targets = flowers()
    models = {name: train(name) for name in SPECIES}
    expected = np.column_stack([models[name].predict_proba(data)[:, 0] for name in SPECIES])
    right, expected_right = 0, 0
    for row, target, own in zip(data, targets, expected, strict=True):
        answer = json.loads(iris.post("/predict/label", {"data": [row.tolist()]}).body)["prediction"]
        right += answer["label"] == SPECIES[target]
        expected_right += int(own.argmax() == target)
        assert abs(answer["proba"] - own.max()) < 1e-4
    assert right == expected_right
    assert right / len(targets) > 0.95


def test_the_predictors_answer_several_rows_through_the_proxy_row_by_row(iris: Iris) -> None:
    rows = [[5.1, 3.5, 1.4, 0.2], [7.0, 3.2, 4.7, 1.4], [6.3, 3.3, 6.0, 2.5], [4.9, 3.0, 1.4, 0.2]]
    whole = json.loads(iris.post("/predict", {"data": rows}).body)
    for place, row in enumerate(rows):
        alone = json.loads(iris.post("/predict", {"data": [row]}).body)
        assert {name: own["prediction"][place] for name, own in whole.items()} == {
            name: own["prediction"] for name, own in alone.items()
        }


def test_several_rows_are_a_422_where_one_label_is_asked_for(iris: Iris) -> None:
    reply = iris.post("/predict/label", {"data": [[1.0, 2.0, 3.0, 4.0]] * 2})
    assert reply.status == 422
    assert json.loads(reply.body)["status"] == 422


def test_every_own_route_of_the_data_port_answers(iris: Iris) -> None:
    replies = {
        path: send(iris.url + path)
        for path in ("/health", "/health/all", "/livez", "/readyz", "/metadata", "/metadata/label", "/predict/get/test?id=abc")
    }
    assert {reply.status for reply in replies.values()} == {200}
    health = json.loads(replies["/health/all"].body)
    assert {name: own["health"] for name, own in health.items()} == dict.fromkeys(SPECIES, "ok")
    metadata = json.loads(replies["/metadata"].body)
    assert metadata["data_sample"] == FLOWER
    assert set(metadata["prediction_sample"]) == set(SPECIES)
    assert replies["/predict/get/test?id=abc"].headers["x-request-id"] == "abc"
    assert set(json.loads(replies["/predict/get/test?id=abc"].body)) == set(SPECIES)
    assert iris.post("/predict/post/test", None).body == iris.post("/predict", FLOWER).body


def test_a_wrong_shape_is_a_422_with_a_pointer(iris: Iris) -> None:
    reply = iris.post("/predict", {"data": [["one", 2.0, 3.0, 4.0]]})
    problem = json.loads(reply.body)
    assert reply.status == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert problem["pointer"] == "/data/0/0"


def test_call_asks_a_graph_with_its_sample_or_with_what_it_is_given(iris: Iris, tmp_path: Path) -> None:
    file = tmp_path / "flower.json"
    file.write_text(json.dumps(FLOWER))
    expected = json.loads(iris.post("/predict/label", FLOWER).body)
    for given in ((), ("-d", json.dumps(FLOWER)), ("-d", f"@{file}")):
        done = run("call", "label", "--url", iris.url, *given)
        assert (done.returncode, json.loads(done.stdout)) == (0, expected), done.stderr
    piped = run("call", "label", "--url", iris.url, "-d", "-", stdin=json.dumps(FLOWER))
    assert json.loads(piped.stdout) == expected
    whole = json.loads(run("call", "predict", "--url", iris.url, "--envelope").stdout)
    assert {part["status"] for part in whole["parts"].values()} == {"ok"}
    late = run("call", "predict", "--url", iris.url, "--timeout", "1ms")
    assert (late.returncode, json.loads(late.stderr)["status"]) == (1, 504)
    assert "cannot read" in run("call", "predict", "--url", iris.url, "-d", "@/nosuch").stderr


def test_a_stopped_predictor_delays_the_answer_by_its_timeout_and_no_longer(iris: Iris) -> None:
    stopped = iris.predictors["versicolor"].process
    stopped.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        reply = iris.post("/predict", FLOWER)
        seconds = time.monotonic() - began
    finally:
        stopped.send_signal(signal.SIGCONT)
    problem = json.loads(reply.body)
    assert reply.status == 504
    assert problem["predictor"] == "versicolor"
    assert problem["node"] == "predict/versicolor"
    assert problem["parts"]["versicolor"]["status"] == "timeout"
    assert problem["parts"]["setosa"]["status"] == "ok"
    assert 0.95 < seconds < 1.5
    assert iris.post("/predict", FLOWER).status == 200


def test_the_predictors_need_no_file() -> None:
    with ExitStack() as stack:
        iris = Iris(stack)
        url, _ = stack.enter_context(serving("serve", "--port", "0", **iris.services))
        bare = json.loads(send(f"{url}/predict/label", json.dumps(FLOWER).encode()).body)
        assert bare == json.loads(iris.post("/predict/label", FLOWER).body)
        send(f"{url}/predict/post/test", b"{}")


def test_a_restarted_predictor_is_asked_again_without_an_error() -> None:
    with ExitStack() as stack:
        iris = Iris(stack)
        assert iris.post("/predict", FLOWER).status == 200
        port = iris.services["SERVICE_SETOSA"].rpartition(":")[2]
        assert iris.predictors["setosa"].end() == 0
        reply = iris.post("/predict", FLOWER)
        assert (reply.status, json.loads(reply.body)["predictor"]) == (502, "setosa")
        stack.enter_context(serving("predictor", str(IRIS / "models" / "setosa.onnx"), "--port", port))
        assert iris.post("/predict", FLOWER).status == 200
