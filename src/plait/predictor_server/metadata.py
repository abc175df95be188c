"""What a predictor tells about itself: its sample, and the forms of requests and answers as JSON Schema."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from plait.errors import PlaitError
from plait.predictor_server.model import Info, Model, Rows
from plait.predictor_server.rows import Read, request_type
from plait.predictor_server.runner import predict

_ZERO: dict[str, Any] = {"bool": False, "str": "", "int32": 0, "int64": 0}
_log = logging.getLogger(__name__)


def sample_rows(info: Info, read: Read) -> Rows | None:
    """The model's own sample, else a row of zeros; None if its width is not known."""
    if info.sample is not None:
        try:
            return read(b'{"data":%b}' % info.sample)
        except (PlaitError, msgspec.DecodeError, UnicodeDecodeError, ValueError):
            _log.warning("the sample of the model %s is not rows that it takes; zeros stand in", info.name)
    if None in info.shape:
        return None
    row = _ZERO.get(info.kind, 0.0)
    for length in reversed(info.shape):
        row = [row] * (length or 0)
    return [row]


def answer(predictions: list[Any]) -> dict[str, Any]:
    """The answer to a request: of one row that row's prediction, else a list of them in the order of the rows."""
    return {"prediction": predictions[0] if len(predictions) == 1 else predictions}


def metadata(model: Model, name: str, version: str | None, sample: Rows | None) -> dict[str, Any]:
    """Everything that `GET /metadata` tells; null where unknown."""
    tried = predict(model, sample) if sample is not None else None
    known = None if tried is None or isinstance(tried, PlaitError) else tried
    return {
        "name": name,
        "version": version,
        "description": model.info.description,
        "data_type": "object",
        "data_structure": request_schema(model.info),
        "data_sample": None if sample is None else {"data": sample},
        "prediction_type": "object",
        "prediction_structure": None if known is None else answer_schema(known[0]),
        "prediction_sample": None if known is None else answer(known),
    }


def request_schema(info: Info) -> dict[str, Any]:
    """The JSON Schema of a request."""
    request = msgspec.json.schema(request_type(info))["$defs"]["Request"]
    return {key: request[key] for key in ("type", "properties", "required")}


def answer_schema(prediction: Any) -> dict[str, Any]:
    """The JSON Schema of an answer, from one row's prediction."""
    one = _schema(prediction)
    several = {"type": "array", "minItems": 2, "items": one}
    return {"type": "object", "properties": {"prediction": {"anyOf": [one, several]}}, "required": ["prediction"]}


def _schema(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        items = {"items": _schema(value[0])} if value else {}
        return {"type": "array", "minItems": len(value), "maxItems": len(value), **items}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, (int, float)):
        return {"type": "number"}
    return {"type": "string"} if isinstance(value, str) else {}
