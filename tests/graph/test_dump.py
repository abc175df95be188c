from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import ConfigError
from plait.graph.dump import plain, to_yaml
from plait.graph.load import load_text
from plait.graph.spec import Config
from plait.graph.text import parse
from plait.graph.validate import validate
from plait.nodes.predict import Predict
from plait.spec.base import Spec
from tests.graph.random_specs import KINDS, NODES, configs, every_kind_is_there, graphs_of


def loaded(text: str) -> Config:
    """What a text says, each part checked by itself."""
    document = parse(text.encode(), "yaml", "")
    config, problems = validate(document.data, document)
    assert not [*document.problems, *problems]
    return config


def set_fields(value: Any) -> Any:
    """Which fields were set, in all specs within."""
    if isinstance(value, Spec):
        return {name: set_fields(getattr(value, name)) for name in sorted(value.model_fields_set)}
    if isinstance(value, dict):
        return {key: set_fields(member) for key, member in value.items()}
    return [set_fields(item) for item in value] if isinstance(value, tuple) else None


def test_nothing_is_left_out_of_this_test():
    assert every_kind_is_there()


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(data=st.data())
def test_a_kind_with_any_options_is_loaded_as_it_was(kind: str, data: st.DataObject):
    config = data.draw(configs(graphs_of(kind)))
    text = to_yaml(config)
    again = loaded(text)
    assert again == config
    assert set_fields(again.graphs) == set_fields(config.graphs)
    assert set_fields(again.predictors) == set_fields(config.predictors)
    assert to_yaml(again) == text


@given(configs(NODES))
def test_graphs_that_are_names_or_deep_are_loaded_as_they_were(config: Config):
    assert loaded(to_yaml(config)) == config


@pytest.mark.parametrize(
    "entry",
    [
        "a",
        {"predict": "a", "name": "b"},
        {"parallel": ["a", "b"]},
        {"parallel": {"a": "a", "x": "b"}, "merge": {"vote": "output.x", "weights": {"a": 2, "x": 0.5}}, "require": ["a"]},
        {"switch": [{"when": "input.x", "then": "a"}, {"else": {"value": 1.0}}]},
        {"split": [{"weight": 9, "to": "a"}, {"weight": 0.5, "to": "b"}], "key": "input.id"},
        {"cascade": ["a", "b"], "until": "output.ok", "timeout": "300ms", "schema": {"const": 1.0}, "sample": None},
        {"transform": {"a": [1.0, "${input}"]}, "input": None, "optional": True, "on_error": "skip", "description": "x"},
    ],
)
def test_the_short_forms_are_used_in_the_order_in_which_people_write(entry: Any):
    dumped = plain(Config.model_validate({"graphs": {"g": entry}}))["graphs"]["g"]
    assert repr(dumped) == repr(entry)


def test_only_what_was_set_is_written():
    config = Config.model_validate({"predictors": {"a": {"url": "http://a"}}, "graphs": {"predict": "a"}})
    assert to_yaml(config) == 'predictors:\n  a: {url: "http://a"}\ngraphs:\n  predict: a\n'


def test_a_first_node_with_a_timeout_of_its_own_keeps_it():
    config = Config.model_validate({"graphs": {"g": "a"}})
    graph = config.graphs["g"].model_copy(update={"root": Predict(predict="a", timeout="1s"), "timeout": 2.0})  # type: ignore[arg-type]
    (node,) = plain(graph)["sequence"]
    assert (node, plain(graph)["timeout"]) == ({"predict": "a", "timeout": "1s"}, "2s")


def test_text_that_a_file_would_take_for_a_variable_is_refused():
    config = Config.model_validate({"graphs": {"g": {"sequence": [{"value": "${env.HOME}"}]}}})
    with pytest.raises(ConfigError, match=r"graphs.g.sequence\[0\].value: a file would take"):
        to_yaml(config)


def test_a_weight_that_is_no_number_of_64_bits_stays_a_float():
    config = Config.model_validate({"graphs": {"g": {"split": [{"weight": 1e300, "to": "a"}]}}})
    assert loaded(to_yaml(config)) == config


FILE = """\
predictors:
  a: {url: "http://a", model: a.onnx, headers: {Authorization: "Bearer ${env.TOKEN}"}}  # secret
graphs:
  predict: {sequence: [a, {value: "${env.TOKEN}"}], timeout: 1s}
"""


def test_a_loaded_file_is_written_as_it_was_without_values_of_variables():
    one = load_text(FILE, {"TOKEN": "s3cret"})
    assert one.config.predictors["a"].headers == {"Authorization": "Bearer s3cret"}
    text = one.to_yaml()
    assert "s3cret" not in text
    again = load_text(text, {"TOKEN": "s3cret"})
    assert (again.config, again.to_yaml()) == (one.config, text)
