from typing import Any

import pytest
import yaml
from hypothesis import given

from plait.graph.yaml import LOADER
from plait.graph.yaml import read as read_yaml
from plait.graph.yaml_out import WIDTH, write
from tests.graph.random_specs import JSON, MISREAD, ODD, TEXTS

FILE = """\
predictors:
  setosa: {url: "http://127.0.0.1:8000", timeout: 300ms}
graphs:
  predict: {parallel: [setosa, versicolor]}
  label:
    sequence:
      - {parallel: [setosa, versicolor, virginica], merge: {argmax: "output.prediction[0]"}}
      - {transform: {prediction: {proba: "${input.score}", label: "${input.label}"}}}
    sample: [[1.0, 1.0e+30, 2.0e-07], null, true]
"""


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types: 1 is not 1.0, and not true."""
    return repr(one) == repr(other)


def test_a_file_looks_as_people_write_it():
    assert write(read_yaml(FILE, "").data) == FILE


def test_nothing_is_an_empty_mapping():
    assert read_yaml(write({}), "").data == {}


@given(JSON)
def test_any_data_reads_back_as_it_was(value: Any):
    text = write({"key": {"on": value}})
    document = read_yaml(text, "")
    assert not document.problems
    assert same(document.data, {"key": {"on": value}})


@given(JSON)
def test_those_who_read_yaml_1_1_read_the_same(value: Any):
    assert same(yaml.load(write({"key": value}), LOADER), {"key": value})  # noqa: S506 - the safe loader, in C


@pytest.mark.parametrize("text", MISREAD + ODD)
def test_text_stays_text_as_value_and_as_key(text: str):
    data = {"a": text, "b": [text], "c": {text: [{text: {text: "x" * WIDTH}}]}, text: 1}
    assert same(read_yaml(write(data), "").data, data)
    assert same(yaml.load(write(data), LOADER), data)  # noqa: S506 - the safe loader, in C


@given(TEXTS)
def test_every_line_is_printable(text: str):
    assert all(line.isprintable() for line in write({"a": text}).splitlines())


def test_lists_in_lists_that_are_too_long_for_a_line():
    data = {"a": [[["x" * WIDTH], {"b": ["y" * WIDTH, 1]}], []]}
    assert same(read_yaml(write(data), "").data, data)
