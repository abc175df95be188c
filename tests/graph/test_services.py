from typing import Any

import pytest

from plait.errors import StartError
from plait.graph.load import load, load_checked, load_text
from plait.graph.services import services

FILE = """
predictors:
  setosa: {url: "http://127.0.0.1:8000"}
  virginica: {url: "http://127.0.0.1:8002"}
graphs:
  predict: {parallel: [setosa, virginica]}
"""


def test_services_are_found_in_the_order_of_names():
    environ = {"SERVICE_B": "b:1", "SERVICE_A": "http://a", "SERVICE_C_2": "", "SERVICES": "x", "service_d": "d:1", "PORT": "9"}
    assert services(environ) == ({"a": "http://a", "b": "http://b:1", "c_2": ""}, [])
    assert services({"SERVICE_A": "https://a"}) == ({"a": "https://a"}, [])


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SERVICE_X_PORT", "tcp://10.0.0.1:80"),
        ("SERVICE_X_SERVICE_HOST", "10.0.0.1"),
        ("SERVICE_X_SERVICE_PORT", "80"),
        ("SERVICE_A", "ftp://a:1"),
        ("SERVICE_A", "http://a:99999"),
        ("SERVICE_A", "a b:1"),
        ("SERVICE_", "a:1"),
        ("SERVICE_1", "a:1"),
        ("SERVICE_INPUT", "a:1"),
        ("SERVICE_A-B", "a:1"),
    ],
)
def test_other_values_and_names_are_ignored_with_a_warning(variable: str, value: Any):
    found, (warning,) = services({variable: value})
    assert found == {}
    assert warning.startswith(f"{variable} is ignored: ")


def test_two_variables_of_one_name_are_one_predictor_and_a_warning():
    assert services({"SERVICE_A": "a:1", "SERVICE_a": "b:1"}) == (
        {"a": "http://a:1"},
        ["SERVICE_a is ignored: another variable names a too"],
    )


def test_without_a_file_the_two_graphs_of_the_example_are_over_whatever_there_is():
    loaded = load_checked(None, {"SERVICE_B": "b:1", "SERVICE_A": "a:1", "SERVICE_C": "", "SERVICE_X_PORT": "tcp://1.2.3.4:5"})
    config = loaded.config
    assert {name: spec.url for name, spec in config.predictors.items()} == {"a": "http://a:1", "b": "http://b:1"}
    assert {name: config.route(name) for name in config.graphs} == {"predict": "/predict", "label": "/predict/label"}
    assert [child.label for child in config.graphs["predict"].root.children()] == ["a", "b"]
    assert [child.label for child in config.graphs["label"].root.children()] == ["parallel", "transform"]
    assert all(graph.sample == {"data": [[1.0, 2.0, 3.0, 4.0]]} for graph in config.graphs.values())
    assert loaded.document.data["graphs"]["label"]["sequence"][0]["merge"] == {"argmax": "output.prediction[0]"}
    assert len(loaded.warnings) == 1


@pytest.mark.parametrize("environ", [{}, {"SERVICE_A": ""}, {"SERVICE_X_PORT": "tcp://1.2.3.4:5"}])
def test_neither_file_nor_variable_is_one_clear_line(environ: dict[str, str]):
    with pytest.raises(StartError, match="neither a file nor a SERVICE_"):
        load(None, environ)


def test_with_a_file_a_variable_overrides_the_url():
    loaded = load_text(FILE, {"SERVICE_SETOSA": "service_setosa:8000"})
    assert loaded.config.predictors["setosa"].url == "http://service_setosa:8000"
    assert loaded.config.predictors["virginica"].url == "http://127.0.0.1:8002"
    assert loaded.document.data["predictors"]["setosa"]["url"] == "http://127.0.0.1:8000"
    assert loaded.warnings == []


def test_with_a_file_an_empty_variable_takes_the_predictor_out():
    predictors = load_text(FILE, {"SERVICE_SETOSA": ""}).config.predictors
    assert {name: spec.enabled for name, spec in predictors.items()} == {"setosa": False, "virginica": True}


def test_a_variable_that_the_file_lacks_is_a_warning():
    loaded = load_text(FILE, {"SERVICE_OTHER": "other:1", "SERVICE_EMPTY": ""})
    assert list(loaded.config.predictors) == ["setosa", "virginica"]
    assert loaded.warnings == [
        f"SERVICE_{name} is ignored: plait.yaml has no predictor {name.lower()}" for name in ("EMPTY", "OTHER")
    ]


@pytest.mark.parametrize("predictors", ["null", "[]", "{setosa: 1}", "{setosa: null}"])
def test_a_broken_file_stays_broken_with_variables(predictors: str):
    with pytest.raises(Exception, match="must be a mapping"):
        load_text(f"predictors: {predictors}", {"SERVICE_SETOSA": "a:1"})
