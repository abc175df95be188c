"""Asks a predictor's application, without a socket, and makes models for it that are as small as can be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from onnx import TensorProto, helper

from plait.http1.messages import Request, Response
from plait.predictor_server.model import Info, Rows
from plait.predictor_server.service import Service
from plait.types import Header

JSON = {b"content-type": b"application/json"}


class Collected:
    """Takes what is replied, once."""

    def __init__(self) -> None:
        self.response: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

    def __call__(self, response: Response, /) -> None:
        self.response.set_result(response)


def request(method: str, path: str, body: bytes = b"", query: str = "", headers: dict[bytes, bytes] | None = None) -> Request:
    return Request(method, path, query, Header(JSON if headers is None else headers), body)


def ask(
    service: Service, method: str, path: str, body: bytes = b"", query: str = "", headers: dict[bytes, bytes] | None = None
) -> Response:
    """The answer, whether it comes at once or from the model's thread."""

    async def answer() -> Response:
        collected = Collected()
        service(request(method, path, body, query, headers), collected)
        return await collected.response

    return asyncio.run(answer())


def predictions(service: Service, rows: Any) -> Any:
    response = ask(service, "POST", "/predict", json.dumps({"data": rows}).encode())
    assert response.status == 200, response.body
    return json.loads(response.body)["prediction"]


def header(response: Response, name: str) -> str | None:
    return dict(response.headers).get(name)


class Sums:
    """A model that adds up each row; `during` runs within each inference."""

    def __init__(self, during: Callable[[Rows], None] = lambda _: None, width: int | None = 2, sample: bytes | None = None) -> None:
        self.info = Info("sums", "float64", (width,), sample=sample)
        self.during = during

    def predict(self, rows: Rows, /) -> list[Any]:
        self.during(rows)
        return [sum(row) for row in rows]


def onnx_file(
    folder: Path,
    nodes: list[Any],
    inputs: Mapping[str, tuple[int, Any]],
    outputs: Mapping[str, tuple[int, Any]],
    constants: tuple[Any, ...] = (),
    properties: dict[str, str] | None = None,
) -> str:
    """The path of a model that is made of these nodes."""
    takes = [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()]
    gives = [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in outputs.items()]
    graph = helper.make_graph(nodes, "small", takes, gives, list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, properties or {})
    path = folder / "small.onnx"
    path.write_bytes(model.SerializeToString())
    return str(path)


def echo(folder: Path, shape: list[Any], kind: int = TensorProto.FLOAT, operator: str = "Identity", **properties: str) -> str:
    """The path of a model of one operator."""
    node = helper.make_node(operator, ["rows"], ["answer"])
    return onnx_file(folder, [node], {"rows": (kind, shape)}, {"answer": (kind, shape)}, properties=properties)
