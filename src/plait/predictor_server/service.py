"""The predictor server's application: health, metadata, a test, and predictions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from plait.errors import MethodNotAllowed, NotFound, PlaitError
from plait.http1.body import json_body
from plait.http1.ids import request_id
from plait.http1.messages import JSON, Reply, Request, Response
from plait.http1.problem import problem
from plait.predictor_server.metadata import answer, metadata, sample_rows
from plait.predictor_server.model import Model, Rows
from plait.predictor_server.models import open_model
from plait.predictor_server.rows import Read, reader
from plait.predictor_server.runner import Runner, rows_within
from plait.predictor_server.settings import Settings
from plait.types import Started

_GET = ("GET", "HEAD")
_POST = ("POST",)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request's id and its way back; waits for the predictions that were asked for."""

    request_id: str
    reply: Reply

    def answered(self, predictions: list[Any]) -> None:
        """Answer with predictions."""
        self.send(_encode(answer(predictions)))

    def failed(self, error: PlaitError) -> None:
        """Answer with what went wrong."""
        self.reply(problem(error, self.request_id))

    def send(self, body: bytes) -> None:
        """Answer with JSON."""
        self.reply(Response(200, body, f"{JSON}X-Request-Id: {self.request_id}\r\n"))


class Ended:
    """A call that has ended already."""

    def cancel(self) -> None:
        """There is nothing to stop."""


_ENDED = Ended()


class Service:
    """The handler that serves one model.

    Args:
        runner: Runs the model.
        read: Reads the rows of a body.
        sample: Rows to test with, if any are known.
        health: The answer to `GET /health`.
        about: The answer to `GET /metadata`.
    """

    def __init__(self, runner: Runner, read: Read, sample: Rows | None, health: bytes, about: bytes) -> None:
        self._runner = runner
        self._read = read
        self._sample = sample
        self._health = health
        self._about = about
        self._routes: dict[str, tuple[tuple[str, ...], Callable[[Request, Exchange], Started]]] = {
            "/predict": (_POST, self._predict),
            "/predict/test": (_GET, self._test),
            "/health": (_GET, self._tell_health),
            "/metadata": (_GET, self._tell_about),
        }

    def __call__(self, request: Request, reply: Reply, /) -> Started:
        """Answer a request, at once or when the model has."""
        exchange = Exchange(request_id(request.headers, request.query), reply)
        try:
            return self._start(request, exchange)
        except PlaitError as exc:
            exchange.failed(exc)
        return _ENDED

    def close(self) -> None:
        """Forget who still waits, and let the model's thread finish."""
        self._runner.close()

    def _start(self, request: Request, exchange: Exchange) -> Started:
        route = self._routes.get(request.path)
        if route is None:
            raise NotFound("there is no such route")
        methods, start = route
        if request.method not in methods:
            allowed = ", ".join(methods)
            raise MethodNotAllowed(f"this route takes {allowed} only", allowed)
        return start(request, exchange)

    def _predict(self, request: Request, exchange: Exchange) -> Started:
        return self._runner.start(self._read(json_body(request)), exchange)

    def _test(self, _request: Request, exchange: Exchange) -> Started:
        if self._sample is None:
            raise NotFound("no sample is known of this model; it would stand in its metadata under the name sample")
        return self._runner.start(self._sample, exchange)

    def _tell_health(self, _request: Request, exchange: Exchange) -> Started:
        exchange.send(self._health)
        return _ENDED

    def _tell_about(self, _request: Request, exchange: Exchange) -> Started:
        exchange.send(self._about)
        return _ENDED


def service(settings: Settings) -> Service:
    """The application that serves the model which the settings name; the model is opened, and tried on its sample.

    Raises:
        StartError: If there is no such model, or it cannot be run here.
    """
    return serving(open_model(settings.model), settings.name, settings.version)


def serving(model: Model, name: str | None = None, version: str | None = None) -> Service:
    """The application that serves a model under a name and as a version, by default the model's own."""
    called, version = name or model.info.name, version or model.info.version
    read = reader(model.info)
    sample = sample_rows(model.info, read)
    about = metadata(model, called, version, sample)
    usable = about["prediction_sample"] is not None
    inline = rows_within(model, sample) if sample is not None and usable else 0
    health = {"health": "ok", "name": called, "version": version}
    return Service(Runner(model, inline), read, sample, _encode(health), _encode(about))


@asynccontextmanager
async def opened(application: Service) -> AsyncIterator[Service]:
    """The application, closed at the end of the block."""
    try:
        yield application
    finally:
        application.close()
