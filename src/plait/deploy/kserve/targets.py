"""The predictors that the steps of an InferenceGraph ask."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from plait.deploy.kserve.model import Step
from plait.deploy.kserve.names import Names
from plait.deploy.kserve.notes import Notes
from plait.deploy.kserve.read import Source
from plait.errors import Problem
from plait.graph.document import shown
from plait.nodes.link import At
from plait.spec.address import parse_url

_NAMESPACE = "default"
_NEVER_SAID = "an InferenceGraph does not say where a service answers"


class Predictors:
    """Each service or URL once, however many steps ask it; `found` is the section of the file."""

    def __init__(self, source: Source, names: Names, notes: Notes) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self.problems: list[Problem] = []
        self._source = source
        self._names = names
        self._notes = notes
        self._by_target: dict[str, str] = {}

    def name(self, step: Step) -> str:
        """The name of the predictor that a step asks."""
        return self._by_target[step.service_url or step.service_name]

    def add(self, step: Step, at: At) -> None:
        """Have a predictor for what a step asks."""
        target = step.service_url or step.service_name
        if target in self._by_target:
            return
        entry = self._of_url(step.service_url, at) if step.service_url else self._of_service(step.service_name, at)
        wanted = step.service_name or step.name or (urlsplit(entry["url"]).hostname or "").split(".")[0]
        self._by_target[target] = self._names.give(wanted, "model")
        self.found[self._by_target[target]] = entry

    def _of_service(self, service: str, at: At) -> dict[str, Any]:
        namespace = self._source.graph.metadata.namespace
        url = f"http://{service}.{namespace or _NAMESPACE}.svc.cluster.local/v1/models/{service}:predict"
        assumed = f"the V1 protocol, the model's name {service}" + ("" if namespace else f" and the namespace {_NAMESPACE}")
        self._notes.add((*at, "serviceName"), f"{_NEVER_SAID}; assumed {assumed}: see its url")
        return self._entry(url, (*at, "serviceName"))

    def _of_url(self, text: str, at: At) -> dict[str, Any]:
        return self._entry(text, (*at, "serviceUrl"))

    def _entry(self, text: str, at: At) -> dict[str, Any]:
        """Its URL; what comes behind host and port is all of the path, and no path is `/` for KServe."""
        url, mark, query = text.partition("?")
        try:
            address = parse_url(url)
        except ValueError as exc:
            message, _, hint = str(exc).partition("; ")
            self.problems.append(self._source.document.problem(at, f"{shown(text)} {message}", hint))
            return {"url": "http://127.0.0.1"}
        if mark:
            scheme = "https" if address.tls else "http"
            return {"url": f"{scheme}://{address.authority}", "path": f"{address.path or '/'}?{query}"}
        return {"url": url} if address.path else {"url": url.rstrip("/"), "path": "/"}
