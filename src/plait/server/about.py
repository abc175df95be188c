"""What the predictors say of themselves, gathered: health, tests, metadata."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from plait.errors import BadAnswer, PlaitError
from plait.graph.uses import predictors_used
from plait.nodes.parallel import Parallel
from plait.nodes.predict import Predict
from plait.types import Message, Run

if TYPE_CHECKING:
    from plait.graph.spec import GraphSpec
    from plait.server.generation import Generation

_HEALTH_SHARED = 1.0
_EXCLUDED = {"health": "excluded", "error": "taken out by configuration"}
_DATA = ("data_type", "data_structure", "data_sample")
_PREDICTION = ("prediction_type", "prediction_structure", "prediction_sample")


class About:
    """Asks predictors about themselves, all at once, each within its own timeout.

    Args:
        generation: Whose predictors.
    """

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._health: asyncio.Task[dict[str, Any]] | None = None
        self._health_until = 0.0

    async def health(self, request_id: str) -> dict[str, Any]:
        """Each predictor's own answer to GET /health; shared by all who ask within a second."""
        now = self._generation.clock.now()
        if self._health is None or now >= self._health_until:
            self._health_until = now + _HEALTH_SHARED
            names = list(self._generation.config.predictors)
            asked = {name: self._health_of(name, request_id) for name in names}
            self._health = self._generation.tasks.background.start(_gathered(asked))
        # Shielded: one client that leaves must not take the answer from the others.
        return await asyncio.shield(self._health)

    async def tests(self, graph: str, request_id: str) -> dict[str, Any]:
        """The answer of each predictor of a graph to GET /predict/test."""
        names = predictors_used(self._generation.config, graph)
        return await self._gather(names, "/predict/test", request_id)

    async def metadata(self, graph: str, request_id: str) -> dict[str, Any]:
        """What goes into a graph and what comes out, from its schema and sample and the predictors' own; null where unknown."""
        spec = self._generation.config.graphs[graph]
        asked = await self._gather(predictors_used(self._generation.config, graph), "/metadata", request_id)
        known = {name: own for name, raw in asked.items() if isinstance(raw, msgspec.Raw) and (own := _object(raw)) is not None}
        return {
            "name": graph,
            "route": self._generation.config.route(graph),
            "description": spec.description,
            **data_facts(spec, list(known.values())),
            **prediction_facts(spec, known),
        }

    async def _gather(self, names: Sequence[str], path: str, request_id: str) -> dict[str, Any]:
        return await _gathered({name: self._ask(name, path, request_id) for name in names})

    async def _ask(self, name: str, path: str, request_id: str) -> Any:
        generation = self._generation
        if not generation.config.predictors[name].enabled:
            return _EXCLUDED
        return await _said(generation.upstreams[name].get(path, self._run(request_id)))

    async def _health_of(self, name: str, request_id: str) -> Any:
        """What a predictor says of its health; of several replicas each, and which of them get no calls."""
        upstream = self._generation.upstreams[name]
        fleet = upstream.fleet
        if not self._generation.config.predictors[name].enabled or len(fleet.replicas) == 1:
            return await self._ask(name, "/health", request_id)
        run = self._run(request_id)
        asked = {each.endpoint.shown: _said(upstream.get_from(each.endpoint, "/health", run)) for each in fleet.replicas}
        said = await _gathered(asked)
        silent = sum(isinstance(answer, dict) for answer in said.values())
        return {
            "health": "ok" if said and not silent else "degraded" if silent < len(said) else "unreachable",
            "replicas": said,
            "ejected": [each.endpoint.shown for each in fleet.replicas if each.health.ejected],
            "unwell": [each.endpoint.shown for each in fleet.replicas if each.health.unwell],
            "panic": fleet.panic,
        }

    def _run(self, request_id: str) -> Run:
        return Run(Message(b"null"), self._generation.clock, request_id.encode())


async def _gathered(asked: Mapping[str, Coroutine[Any, Any, Any]]) -> dict[str, Any]:
    """All at once, each under its name."""
    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(answer) for name, answer in asked.items()}
    return {name: task.result() for name, task in tasks.items()}


async def _said(answer: Coroutine[Any, Any, Message]) -> msgspec.Raw | dict[str, str]:
    try:
        return msgspec.Raw((await answer).raw)
    except PlaitError as exc:
        # One that answered, but not well, is there.
        return {"health": "error" if isinstance(exc, BadAnswer) else "unreachable", "error": exc.detail}


def data_facts(spec: GraphSpec, predictors: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Type, structure and sample of the request: the graph's own, else what all its predictors agree on."""
    facts = {key: _agreed([own.get(key) for own in predictors]) for key in _DATA}
    if spec.request_schema is not None:
        facts["data_type"] = spec.request_schema.get("type", facts["data_type"])
        facts["data_structure"] = spec.request_schema
    if spec.has_sample:
        facts["data_sample"] = spec.sample
    return facts


def prediction_facts(spec: GraphSpec, predictors: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Type, structure and sample of the answer, where the graph's form tells them: one predictor, or several by name."""
    root = spec.root
    if isinstance(root, Predict) and root.predict in predictors:
        return {key: predictors[root.predict].get(key) for key in _PREDICTION}
    if isinstance(root, Parallel) and root.merge == "by_name":
        branches = {child.label: child.node.predict for child in root.children() if isinstance(child.node, Predict)}
        if len(branches) == len(root.parallel) and all(name in predictors for name in branches.values()):
            facts = {key: {label: predictors[name].get(key) for label, name in branches.items()} for key in _PREDICTION[1:]}
            return {"prediction_type": "object", **facts}
    return dict.fromkeys(_PREDICTION)


def _object(raw: msgspec.Raw) -> dict[str, Any] | None:
    """The object that a predictor says; None if it is none, or has a number that no program here can hold (`1e999`)."""
    try:
        value = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return None
    return value if isinstance(value, dict) else None


def _agreed(values: Sequence[Any]) -> Any:
    return values[0] if values and all(value == values[0] for value in values) else None
