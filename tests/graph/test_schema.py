import copy
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from plait.graph.load import load_text
from plait.graph.schema import json_schema
from plait.graph.yaml import read
from plait.nodes.union import KINDS

# The example of section 1 of the interface.
EXAMPLE = """\
predictors:
  setosa:     {url: "http://127.0.0.1:8000", model: models/setosa.onnx}
  versicolor: {url: "http://127.0.0.1:8001", model: models/versicolor.onnx}
  virginica:  {url: "http://127.0.0.1:8002", model: models/virginica.onnx}

graphs:
  predict:                                   # POST /predict
    parallel: [setosa, versicolor, virginica]
  label:                                     # POST /predict/label
    sequence:
      - parallel: [setosa, versicolor, virginica]
        merge: {argmax: "output.prediction[0]"}
      - transform: {prediction: {proba: "${input.score}", label: "${input.label}"}}
"""
EVERYTHING = """\
server:
  host: 0.0.0.0
  port: 0
  details: true
  limits:
    body: 1MiB
    line: 8KiB
    headers: 16KiB
    fields: 50
    connections: 100
    connections_per_client: 20
    in_flight: unlimited
    wait: 50ms
    header_timeout: 5s
    body_timeout: 5s
    body_rate: 2KiB
    idle_timeout: 1m
    write_timeout: 10s
    drain_timeout: 1m
  access_log: {to: ./access.log, sample: 1%, slow: 500ms, lines: unlimited}
defaults: {predictor: {timeout: 1s, connect_timeout: 100ms}, graph: {timeout: 1m}}
predictors:
  a:
    url: http://a:1/v1
    model: a.onnx
    protocol: json
    path: /predict
    timeout: 0.5s
    connect_timeout: 10ms
    headers: {X-Key: secret}
    forward_headers: [X-User]
    pass_status: [400]
    enabled: false
    description: text
  b: {url: "http://b"}
graphs:
  bare: b
  options:
    {predict: b, route: /x, timeout: 2s, schema: {type: object}, sample: 1, description: t, name: n, optional: true, input: {x: 1}}
  rows: {parallel: [b, {predict: b, name: c}], merge: list, require: 1}
  named: {parallel: {x: b, y: {sequence: [b, {value: null}]}}, merge: {argmin: output.x}, require: [x]}
"""


@pytest.fixture(scope="module")
def schema():
    return json_schema()


@pytest.fixture(scope="module")
def valid(schema: dict[str, Any]):
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.validator_for(schema).is_valid


@pytest.mark.parametrize("text", ["{}", EXAMPLE, EVERYTHING])
def test_what_loads_is_valid(valid: Callable[[Any], bool], text: str):
    load_text(text, {})
    assert valid(read(text, "plait.yaml").data)


CHANGES = [
    (("predictor",), {}),
    (("server",), {"prt": 1}),
    (("server",), {"port": "9000"}),
    (("server",), {"port": 65536}),
    (("server",), {"limits": {"body": 5}}),
    (("server",), {"limits": {"in_flight": 0}}),
    (("server",), {"limits": {"in_flight": "none"}}),
    (("server",), {"limits": {"idle_timeout": 75}}),
    (("server",), {"access_log": {"sample": 1}}),
    (("defaults",), {"graph": {"timeout": 2}}),
    (("predictors", "setosa", "urls"), "x"),
    (("predictors", "setosa"), {}),
    (("predictors", "setosa", "timeout"), "1 s"),
    (("predictors", "Setosa"), {"url": "http://a"}),
    (("graphs", "predict", "paralel"), []),
    (("graphs", "predict"), {"paralel": ["a"]}),
    (("graphs", "predict"), {}),
    (("graphs", "predict"), ["a"]),
    (("graphs", "predict", "value"), 1),
    (("graphs", "predict", "timeot"), "1s"),
    (("graphs", "predict", "route"), "x"),
    (("graphs", "predict", "parallel"), []),
    (("graphs", "predict", "parallel"), {"Not-A-Name": "a"}),
    (("graphs", "label", "sequence", 0, "merge"), "bynam"),
    (("graphs", "label", "sequence", 0, "merge"), {"argmx": "x"}),
    (("graphs", "label", "sequence", 0, "route"), "/x"),
    (("graphs", "label", "sequence", 1), {"tranform": 1}),
    (("graphs", "label", "sequence", 1, "optionl"), True),
    (("graphs", "label", "sequence", 1), 3),
]


@pytest.mark.parametrize(("at", "value"), CHANGES, ids=[".".join(map(str, at)) for at, _ in CHANGES])
def test_misspellings_and_wrong_types_are_refused(valid: Callable[[Any], bool], at: Any, value: Any):
    data = copy.deepcopy(read(EXAMPLE, "plait.yaml").data)
    inner = data
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = value
    assert not valid(data)


def test_nodes_are_one_definition_that_refers_to_itself(schema: dict[str, Any]):
    definitions = schema["$defs"]
    assert definitions["Sequence"]["properties"]["sequence"]["items"] == {"$ref": "#/$defs/Node"}
    kinds = [f"#/$defs/{kind.__name__}" for kind in KINDS]
    assert [choice.get("$ref") for choice in definitions["Node"]["anyOf"]] == [None, *kinds]


def test_defaults_are_as_a_file_says_them_and_titles_are_gone(schema: dict[str, Any]):
    assert schema["$defs"]["Limits"]["properties"]["body"]["default"] == "10MiB"
    assert schema["$defs"]["PredictorDefaults"]["properties"]["timeout"]["default"] == "1s"
    assert schema["$defs"]["Shadow"]["properties"]["sample"]["default"] == "100%"
    assert '"title"' not in str(schema["$defs"]).replace("'", '"')
    assert schema["title"] == "plait.yaml"
