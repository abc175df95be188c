from __future__ import annotations

import re
from pathlib import Path

import pytest

import plait
from plait.algebra.file import File
from plait.errors import ConfigError
from plait.graph.load import load_text
from plait.graph.spec import Config
from plait.graph.yaml import read as read_yaml

FILE = """\
defaults: {predictor: {timeout: 250ms}, graph: {timeout: 900ms}}
predictors:
  a: {url: "http://127.0.0.1:1", headers: {Authorization: "Bearer ${env.TOKEN}"}}
  b: {url: "http://127.0.0.1:2", timeout: 500ms, model: models/b.onnx}
  unused: {url: "http://127.0.0.1:3"}
graphs:
  a: {predict: a, timeout: 600ms}
  both: {parallel: [a, b], schema: {type: object}}
  label: {sequence: [both, {transform: {x: "${input.a}", key: "${env.TOKEN}"}}]}
"""


@pytest.fixture
def file(tmp_path: Path) -> File:
    path = tmp_path / "plait.yaml"
    path.write_text(FILE)
    return plait.load(path, {"TOKEN": "s3cret"})


def config(text: str) -> Config:
    return load_text(text, {"TOKEN": "s3cret"}).config


def test_a_graph_of_a_file_brings_what_it_needs(file: File):
    label = file.graphs["label"]
    assert repr(label) == "<Graph label>"
    assert list(label.names.predictors) == ["a", "b"]
    assert list(label.names.graphs) == ["label", "both"]


def test_the_defaults_of_the_file_go_with_its_graphs(file: File):
    names = (file.graphs["label"] >> file.predictors["unused"]).names
    assert [names.predictors[name].timeout for name in ("a", "b", "unused")] == [0.25, 0.5, 0.25]
    assert names.graphs["both"].timeout == 0.9


def test_graphs_of_a_file_are_nodes_of_others(file: File):
    graph = file.graphs["both"] >> plait.predictor("c", "http://127.0.0.1:4")
    served = plait.Proxy({"predict": graph, "label": file.graphs["label"]}).config
    assert list(served.graphs) == ["predict", "label", "both"]
    assert list(served.predictors) == ["a", "b", "c"]


def test_a_graph_with_the_name_of_its_predictor_is_that_graph_still(file: File):
    graph = file.graphs["a"]
    assert graph.spec("other") == file.config.graphs["a"]
    with pytest.raises(ConfigError, match="would be lost: timeout"):
        graph >> "b"


def test_a_graph_of_a_file_is_written_without_the_values_of_variables(file: File):
    text = (file.graphs["label"] >> plait.value("s3cret")).to_yaml()
    assert "s3cret" not in text
    again = config(text)
    assert again.predictors["a"].headers == {"Authorization": "Bearer s3cret"}
    assert again.graphs["label"].root == file.config.graphs["label"].root


def test_a_file_is_shown_without_the_values_of_variables(file: File):
    assert re.fullmatch(r"<File \S*plait.yaml>", repr(file))


def test_the_file_itself_is_written_as_it_was(file: File):
    assert read_yaml(file.to_yaml(), "").data == read_yaml(FILE, "").data


def test_a_file_is_served_as_it_is(file: File):
    assert plait.Proxy(file).config == file.config


def test_a_file_is_checked_as_a_whole(tmp_path: Path):
    path = tmp_path / "plait.yaml"
    path.write_text("graphs: {predict: nosuch}")
    with pytest.raises(ConfigError, match="there is no predictor or graph nosuch"):
        plait.load(path)


def test_what_is_odd_is_told(tmp_path: Path):
    path = tmp_path / "plait.yaml"
    path.write_text("server: {port: 1}")
    assert "nothing is served" in plait.load(path).warnings[0]
