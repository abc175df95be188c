"""The predictors of this example, each a process of its own: `python predictors.py NAME PORT`.

Their rules are what a tree of depth two learns from Fisher's Iris data.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SHORT, NARROW = 2.45, 1.75
"""Centimetres: petals that are shorter are a setosa's, others that are narrower a versicolor's."""
SMALL, BROAD, MIDDLE = 5.45, 2.8, 6.2

Json = dict[str, Any]


def petals(request: Json) -> Json:
    """A vote by petals."""
    _, _, length, width = request["flower"]
    return {"label": _by_petal(length, width)}


def sepals(request: Json) -> Json:
    """A vote by sepals, which tell less."""
    length, width, _, _ = request["flower"]
    return {"label": "setosa" if length < SMALL and width > BROAD else "versicolor" if length < MIDDLE else "virginica"}


def leaves(_: Json) -> Json:
    """A vote that is no good: it has learnt from nothing but setosas."""
    return {"label": "setosa"}


def measure_1(request: Json) -> Json:
    """What matters of a flower, in centimetres."""
    _, _, length, width = request["flower"]
    return {"petal": [length, width]}


def classify_1(request: Json) -> Json:
    """The species of a petal in centimetres."""
    length, width = request["petal"]
    return {"label": _by_petal(length, width), "by": "classify 1"}


def measure_2(request: Json) -> Json:
    """What matters of a flower, in millimetres."""
    _, _, length, width = request["flower"]
    return {"petal": [round(10 * length), round(10 * width)]}


def classify_2(request: Json) -> Json:
    """The species of a petal in millimetres."""
    length, width = request["petal"]
    return {"label": _by_petal(length / 10, width / 10), "by": "classify 2"}


def _by_petal(length: float, width: float) -> str:
    return "setosa" if length < SHORT else "versicolor" if width < NARROW else "virginica"


KNOWN = {each.__name__: each for each in (petals, sepals, leaves, measure_1, classify_1, measure_2, classify_2)}


class Handler(BaseHTTPRequestHandler):
    """Answers `POST /predict` and `GET /metadata`, on connections that stay."""

    protocol_version = "HTTP/1.1"
    name = ""

    def do_POST(self) -> None:
        """Predict."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._say(KNOWN[self.name](request))

    def do_GET(self) -> None:
        """Say which version this is, and that all is well."""
        _, _, version = self.name.partition("_")
        self._say({"health": "ok", "version": version or "1"})

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""

    def _say(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    Handler.name = sys.argv[1]
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler) as server:
        server.serve_forever()
