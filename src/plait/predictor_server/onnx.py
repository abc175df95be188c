"""ONNX models, run by onnxruntime: classifiers with probabilities, and whatever else has one input and one output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument, RuntimeException

from plait.errors import InvalidRequest, StartError
from plait.predictor_server.model import Info, Rows

_ERRORS_ONLY = 3
_KINDS = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
    "tensor(string)": "str",
}


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """A session with the names of the input that it takes and the output that is its prediction.

    Args:
        info: What the model takes.
        session: onnxruntime's.
        source: The input's name.
        output: The output's name.
        alone: Whether the model was made for one row at a time.
    """

    info: Info
    session: Any
    source: str
    output: str
    alone: bool

    def predict(self, rows: Rows, /) -> list[Any]:
        """One prediction per row: a classifier's probabilities in the order of its classes, else the row of the output."""
        try:
            if self.alone:
                return [self._run([row], index)[0] for index, row in enumerate(rows)]
            return self._run(rows)
        except (InvalidArgument, RuntimeException):
            raise InvalidRequest("the model cannot work on rows like these", "/data") from None

    def _run(self, rows: Rows, first: int = 0) -> list[Any]:
        given = np.asarray(rows, dtype=object if self.info.kind == "str" else self.info.kind)
        (answer,) = self.session.run([self.output], {self.source: given})
        if isinstance(answer, list):  # a ZipMap: one {class: probability} per row
            answer = np.asarray([list(classes.values()) for classes in answer])
        if answer.dtype.kind == "f" and not np.isfinite(answer).all():
            broken = next(index for index, row in enumerate(answer) if not np.isfinite(row).all())
            raise InvalidRequest("the model has no finite prediction for this row", f"/data/{first + broken}")
        predictions: list[Any] = answer.tolist()
        return predictions


def load(path: str, threads: int = 1) -> OnnxModel:
    """The model in an ONNX file.

    Args:
        path: The file.
        threads: How many work on one inference; one, because there is a process per model.

    Raises:
        StartError: If there is no such file, or no model in it that takes rows.
    """
    if not Path(path).is_file():
        raise StartError(f"there is no model file {path}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # noqa: BLE001 - its errors have no base of their own
        reason = " ".join(str(exc).split()).rpartition(" : ")[2]
        raise StartError(f"{path} is no ONNX model that onnxruntime can run ({reason})") from None
    return _model(session, path)


def _model(session: Any, path: str) -> OnnxModel:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise StartError(f"{path} has {len(inputs)} inputs; plait serves models with one, whose first dimension is the rows")
    (source,) = inputs
    kind = _KINDS.get(source.type)
    lengths = tuple(length if isinstance(length, int) else None for length in source.shape)
    if kind is None or not lengths or lengths[0] not in (None, 1):
        raise StartError(
            f"{path} takes {source.type} of shape {source.shape}; plait serves models that take any number of rows, or one"
        )
    own = session.get_modelmeta()
    sample = own.custom_metadata_map.get("sample")
    info = Info(
        name=own.custom_metadata_map.get("name") or Path(path).stem,
        kind=kind,
        shape=lengths[1:],
        version=own.custom_metadata_map.get("version") or (str(own.version) if own.version > 0 else None),
        description=own.custom_metadata_map.get("description") or own.description,
        sample=sample.encode() if sample else None,
    )
    return OnnxModel(info, session, source.name, _prediction(session.get_outputs(), path), alone=lengths[0] == 1)


def _prediction(outputs: Sequence[Any], path: str) -> str:
    """The output that is the prediction: a classifier's probabilities (beside its label), else the only one there is."""
    if len(outputs) == 1:
        return str(outputs[0].name)
    for output in outputs:
        if "prob" in output.name.lower() or output.type.startswith("seq(map"):
            return str(output.name)
    names = ", ".join(output.name for output in outputs)
    raise StartError(f"{path} has the outputs {names}; plait serves models with one output, or with a classifier's probabilities")
