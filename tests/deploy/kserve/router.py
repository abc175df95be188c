"""What KServe's router does, in a few lines: the reference that imported graphs are compared with.

Source: routeStep in cmd/router/main.go of KServe, of 2026. Conditions are names of fields, or names joined by points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Service = Callable[[Any], Any]


class NoRoute(Exception):
    """The router answers with an error."""


def route(nodes: Mapping[str, Any], services: Mapping[str, Service], given: Any, name: str = "root") -> Any:
    """The answer of a node to what it was given, where every service answers with 200."""
    steps = nodes[name]["steps"]
    match nodes[name]["routerType"]:
        case "Sequence":
            return _sequence(nodes, services, given, steps)
        case "Ensemble":
            return {step.get("name", str(place)): _ask(nodes, services, given, step) for place, step in enumerate(steps)}
        case "Splitter":
            return _ask(nodes, services, given, next(step for step in steps if step["weight"] == 100))
    for step in steps:
        if found(given, step.get("condition", "")):
            return _ask(nodes, services, given, step)
    raise NoRoute


def _sequence(nodes: Mapping[str, Any], services: Mapping[str, Service], given: Any, steps: list[Any]) -> Any:
    answer = None
    for place, step in enumerate(steps):
        request = answer if step.get("data") == "$response" and place else given
        if step.get("mapPredictionsToInstances"):
            request = _mapped(request)
        if step.get("condition") and not found(answer, step["condition"]):
            return answer
        answer = _ask(nodes, services, request, step)
    return answer


def _ask(nodes: Mapping[str, Any], services: Mapping[str, Service], given: Any, step: Any) -> Any:
    if "nodeName" in step:
        return route(nodes, services, given, step["nodeName"])
    return services[step["serviceName"]](given)


def _mapped(request: Any) -> Any:
    if not isinstance(request, dict) or not isinstance(request.get("instances", []), list | None):
        return request
    predictions = request.get("predictions")
    return {"instances": predictions} if isinstance(predictions, list) and predictions else request


def found(value: Any, path: str) -> bool:
    """Whether there is something at a path of names."""
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True
