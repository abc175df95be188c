"""The slow predictor: how likely a customer leaves, by what the warehouse knows of the last year. `python churn.py [PORT]`.

The model takes microseconds. The warehouse does not: here it is a file that takes a second and a half to answer.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import onnxruntime
from events import YEAR, Json

HERE = Path(__file__).resolve().parent
PORT = 8205
WAREHOUSE_SECONDS = 1.5


class Warehouse:
    """What is known of customers."""

    def __init__(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        self._known = {customer["customer"]: customer for customer in map(json.loads, lines)}

    def row(self, customer: str) -> list[float] | None:
        """The last year of a customer, after a while; None if nobody is called that."""
        Event().wait(WAREHOUSE_SECONDS)
        known = self._known.get(customer)
        return None if known is None else [known[name] for name in YEAR]


class Handler(BaseHTTPRequestHandler):
    """Answers `POST /predict` and `GET /health`, on connections that stay."""

    protocol_version = "HTTP/1.1"
    warehouse: Warehouse
    model: Any

    def do_POST(self) -> None:
        """Predict, as a classifier of `plait predictor` would: how likely the customer stays, and leaves."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        row = self.warehouse.row(request.get("customer"))
        if row is None:
            self._say(422, {"detail": "the warehouse knows no such customer"})
            return
        source = self.model.get_inputs()[0].name
        (shares,) = self.model.run(["probabilities"], {source: np.array([row], dtype=np.float32)})
        self._say(200, {"prediction": shares[0].tolist()})

    def do_GET(self) -> None:
        """Say that all is well."""
        self._say(200, {"health": "ok", "name": "churn"})

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""

    def _say(self, status: int, value: Json) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """A server whose clients may go before they are answered: who was refused is not waited for."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of what went wrong, unless somebody has merely left."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    Handler.warehouse = Warehouse(HERE / "customers.jsonl")
    Handler.model = onnxruntime.InferenceSession(HERE / "models" / "churn.onnx")
    with Server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else PORT), Handler) as server:
        server.serve_forever()
