"""ONNX models of many forms, each a file of a few hundred bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from onnx import TensorProto, helper

from plait.errors import StartError
from plait.predictor_server.models import open_model
from plait.predictor_server.service import serving
from tests.predictor_server.asking import ask, echo, onnx_file, predictions

FLOAT = TensorProto.FLOAT


def test_a_model_with_one_output_answers_with_its_row(tmp_path: Path) -> None:
    weights = helper.make_tensor("weights", FLOAT, [2, 1], [2.0, 0.5])
    node = helper.make_node("MatMul", ["rows", "weights"], ["answer"])
    path = onnx_file(tmp_path, [node], {"rows": (FLOAT, [None, 2])}, {"answer": (FLOAT, [None, 1])}, (weights,))
    service = serving(open_model(path))
    assert predictions(service, [[1, 2]]) == [3.0]
    assert predictions(service, [[1, 2], [0, 1]]) == [[3.0], [0.5]]


def test_probabilities_as_maps_are_answered_in_the_order_of_their_classes(tmp_path: Path) -> None:
    node = helper.make_node("ZipMap", ["rows"], ["output_probability"], domain="ai.onnx.ml", classlabels_strings=["no", "yes"])
    takes = helper.make_tensor_value_info("rows", FLOAT, [None, 2])
    kind = helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(FLOAT, []))
    gives = helper.make_value_info("output_probability", helper.make_sequence_type_proto(kind))
    graph = helper.make_graph([node], "small", [takes], [gives])
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 1)]
    path = tmp_path / "maps.onnx"
    path.write_bytes(helper.make_model(graph, opset_imports=versions, ir_version=8).SerializeToString())
    assert predictions(serving(open_model(str(path))), [[0.25, 0.75], [1, 0]]) == [[0.25, 0.75], [1.0, 0.0]]


def test_of_label_and_probabilities_the_probabilities_are_the_prediction(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ArgMax", ["rows"], ["label"], axis=1, keepdims=0),
        helper.make_node("Identity", ["rows"], ["probabilities"]),
    ]
    outputs = {"label": (TensorProto.INT64, [None]), "probabilities": (FLOAT, [None, 2])}
    path = onnx_file(tmp_path, nodes, {"rows": (FLOAT, [None, 2])}, outputs)
    assert predictions(serving(open_model(path)), [[0.25, 0.75]]) == [0.25, 0.75]


def test_numbers_of_single_precision_are_answered_as_the_doubles_that_they_are(tmp_path: Path) -> None:
    service = serving(open_model(echo(tmp_path, [None, 1])))
    assert ask(service, "POST", "/predict", b'{"data":[[0.1]]}').body == b'{"prediction":[0.10000000149011612]}'


def test_a_number_beyond_the_models_type_is_refused(tmp_path: Path) -> None:
    service = serving(open_model(echo(tmp_path, [None, 1])))
    response = ask(service, "POST", "/predict", b'{"data":[[1e39]]}')
    assert (response.status, json.loads(response.body)["pointer"]) == (422, "/data/0/0")


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.INT32, TensorProto.INT64])
def test_models_of_other_numbers_take_those(tmp_path: Path, kind: int) -> None:
    assert predictions(serving(open_model(echo(tmp_path, [None, 2], kind))), [[1, -2]]) == [1, -2]


def test_a_model_of_text_takes_text(tmp_path: Path) -> None:
    assert predictions(serving(open_model(echo(tmp_path, [None, 1], TensorProto.STRING))), [["été"], ["x"]]) == [["été"], ["x"]]


def test_a_model_of_truth_values_takes_those(tmp_path: Path) -> None:
    assert predictions(serving(open_model(echo(tmp_path, [None, 1], TensorProto.BOOL))), [[True]]) == [True]


def test_a_model_made_for_one_row_answers_every_row(tmp_path: Path) -> None:
    assert predictions(serving(open_model(echo(tmp_path, [1, 2]))), [[1, 2], [3, 4]]) == [[1.0, 2.0], [3.0, 4.0]]


def test_rows_may_be_nested_and_of_any_length(tmp_path: Path) -> None:
    service = serving(open_model(echo(tmp_path, [None, 2, None])))
    assert predictions(service, [[[1], [2]]]) == [[1.0], [2.0]]
    response = ask(service, "POST", "/predict", b'{"data":[[[1,2],[3,4]],[[1,2],[3]]]}')
    assert (response.status, json.loads(response.body)["pointer"]) == (422, "/data/1/1")


def test_a_row_without_a_finite_prediction_is_named(tmp_path: Path) -> None:
    service = serving(open_model(echo(tmp_path, [None, 1], operator="Log")))
    response = ask(service, "POST", "/predict", b'{"data":[[1],[-1]]}')
    assert (response.status, json.loads(response.body)["pointer"]) == (422, "/data/1")


def test_rows_that_the_model_cannot_work_on_are_refused(tmp_path: Path) -> None:
    table = helper.make_tensor("table", FLOAT, [2, 1], [1.0, 2.0])
    nodes = [helper.make_node("Gather", ["table", "rows"], ["answer"])]
    path = onnx_file(tmp_path, nodes, {"rows": (TensorProto.INT64, [None])}, {"answer": (FLOAT, [None, 1])}, (table,))
    service = serving(open_model(path))
    assert predictions(service, [1, 0]) == [[2.0], [1.0]]
    assert ask(service, "POST", "/predict", b'{"data":[7]}').status == 422


def test_a_model_tells_its_own_name_version_description_and_sample(tmp_path: Path) -> None:
    path = echo(tmp_path, [None, 2], name="mirror", version="3", description="Gives back.", sample="[[7, 8]]")
    told = json.loads(ask(serving(open_model(path)), "GET", "/metadata").body)
    assert [told[key] for key in ("name", "version", "description")] == ["mirror", "3", "Gives back."]
    assert told["prediction_sample"] == {"prediction": [7.0, 8.0]}


def test_a_missing_or_broken_file_is_one_clear_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    for path in (tmp_path / "missing.onnx", broken, tmp_path):
        with pytest.raises(StartError) as caught:
            open_model(str(path))
        assert str(path) in caught.value.detail
        assert "\n" not in caught.value.detail


def test_a_model_with_two_inputs_or_two_equal_outputs_is_refused_at_start(tmp_path: Path) -> None:
    pair = {"a": (FLOAT, [None, 1]), "b": (FLOAT, [None, 1])}
    with pytest.raises(StartError, match="2 inputs"):
        open_model(onnx_file(tmp_path, [helper.make_node("Add", ["a", "b"], ["c"])], pair, {"c": (FLOAT, [None, 1])}))
    nodes = [helper.make_node("Identity", ["rows"], [name]) for name in pair]
    with pytest.raises(StartError, match="outputs a, b"):
        open_model(onnx_file(tmp_path, nodes, {"rows": (FLOAT, [None, 1])}, pair))


def test_a_model_for_a_fixed_number_of_rows_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="any number of rows"):
        open_model(echo(tmp_path, [3, 2]))


def test_without_onnxruntime_the_application_imports_and_says_what_to_install() -> None:
    program = """
import sys
sys.modules["onnxruntime"] = sys.modules["numpy"] = None
from plait.errors import StartError
from plait.predictor_server.service import service
from plait.predictor_server.settings import settings
try:
    service(settings({}, model="x.onnx"))
except StartError as exc:
    print(exc.detail)
"""
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert "pip install 'plait[onnx]'" in printed
