"""The committed Iris models answer as scikit-learn does, and the example's files hold together."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml

from plait.predictor_server.models import open_model
from plait.predictor_server.service import Service, service, serving
from plait.predictor_server.settings import settings
from tests.predictor_server.asking import ask, predictions

pytestmark = pytest.mark.slow  # scikit-learn alone takes seconds to import, so nothing here imports it at the top

IRIS = Path(__file__).resolve().parents[2] / "examples" / "iris"
CLASSES = ("setosa", "versicolor", "virginica")


def served(name: str) -> Service:
    return service(settings({}, model=str(IRIS / "models" / f"{name}.onnx")))


@pytest.fixture(scope="module")
def train() -> ModuleType:
    spec = importlib.util.spec_from_file_location("iris_train", IRIS / "train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def flowers(train: ModuleType) -> tuple[Any, Any]:
    data, classes = train.flowers()
    return data, classes


@pytest.fixture(scope="module")
def trained(train: ModuleType) -> dict[str, Any]:
    return {name: train.train(name) for name in CLASSES}


@pytest.mark.parametrize("name", CLASSES)
def test_each_predictors_probabilities_equal_scikit_learns(name: str, trained: dict[str, Any], flowers: tuple[Any, Any]) -> None:
    data, _ = flowers
    answered = np.array(predictions(served(name), data.tolist()))
    assert answered.shape == (150, 2)
    assert np.abs(answered - trained[name].predict_proba(data)).max() < 1e-4


@pytest.mark.parametrize("name", CLASSES)
def test_rows_are_answered_alike_together_and_alone(name: str, flowers: tuple[Any, Any]) -> None:
    rows = flowers[0][::10].tolist()
    predictor = served(name)
    together = predictions(predictor, rows)
    alone = [predictions(predictor, [row]) for row in rows]
    assert np.abs(np.array(together) - np.array(alone)).max() < 1e-6


def test_the_most_probable_label_is_as_often_right_as_in_scikit_learn(trained: dict[str, Any], flowers: tuple[Any, Any]) -> None:
    data, classes = flowers
    ours = np.argmax([np.array(predictions(served(name), data.tolist()))[:, 0] for name in CLASSES], axis=0)
    theirs = np.argmax([trained[name].predict_proba(data)[:, 0] for name in CLASSES], axis=0)
    assert np.mean(ours == classes) == np.mean(theirs == classes)
    assert np.mean(ours == classes) > 0.95


def test_the_example_request_is_most_probably_virginica() -> None:
    probabilities = {name: predictions(served(name), [[1.0, 2.0, 3.0, 4.0]])[0] for name in CLASSES}
    assert max(probabilities, key=lambda name: probabilities[name]) == "virginica"
    assert f"{probabilities['setosa']:.2f}" == "0.28"


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_trained_now_is_what_is_committed(train: ModuleType, trained: dict[str, Any], name: str, tmp_path: Path) -> None:
    path = tmp_path / "new.onnx"
    path.write_bytes(train.export(trained[name], name))
    for route in ("/metadata", "/predict/test", "/health"):
        assert ask(service(settings({}, model=str(path))), "GET", route).status == ask(served(name), "GET", route).status == 200
    rows = train.flowers()[0][::7].tolist()
    difference = np.array(predictions(serving(open_model(str(path))), rows)) - np.array(predictions(served(name), rows))
    assert np.abs(difference).max() < 1e-4


@pytest.mark.filterwarnings("ignore:Attribute `prob:FutureWarning")
def test_probabilities_as_maps_are_answered_alike(trained: dict[str, Any], flowers: tuple[Any, Any], tmp_path: Path) -> None:
    from skl2onnx import to_onnx  # noqa: PLC0415 - see above

    path = tmp_path / "maps.onnx"
    path.write_bytes(to_onnx(trained["setosa"], flowers[0][:1].astype(np.float32), target_opset=17).SerializeToString())
    rows = flowers[0][::10].tolist()
    assert predictions(serving(open_model(str(path))), rows) == predictions(served("setosa"), rows)


def test_the_compose_file_keeps_to_the_compose_schema() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(IRIS / "docker-compose.yml"),
    ]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_compose_file_has_the_four_services_where_the_proxy_looks_for_them() -> None:
    services = yaml.safe_load((IRIS / "docker-compose.yml").read_text())["services"]
    ports = dict(zip(CLASSES, (8000, 8001, 8002), strict=True))
    assert set(services) == {"proxy", *(f"service_{name}" for name in CLASSES)}
    for name, port in ports.items():
        own = services[f"service_{name}"]
        assert services["proxy"]["environment"][f"SERVICE_{name.upper()}"] == f"service_{name}:{port}"
        assert own["environment"]["PORT"] == str(port)
        assert (IRIS / own["environment"]["MODEL_FILEPATH"]).is_file()
        assert own["ports"][0].endswith(f"{port}:{port}")
    for own in services.values():
        assert own["restart"] == "unless-stopped"
        assert own["healthcheck"]["test"][0] == "CMD"
        assert (IRIS / own["build"]["context"] / own["build"]["dockerfile"]).is_file()
