"""What workers are told to run: a checked configuration, resolved, as bytes that say which part of it changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple, TypeVar

import msgspec

from plait.graph.dump import plain
from plait.graph.load import Loaded
from plait.graph.spec import Config, Defaults, Server
from plait.graph.validate import GRAPH, PREDICTOR, SINK
from plait.graph.walk import names_code
from plait.spec.jobs import JobsSpec
from plait.spec.predictor import Predictor

_T = TypeVar("_T")

_encode = msgspec.json.Encoder().encode


class Plan(msgspec.Struct, frozen=True):
    """A configuration without problems, ready to be run.

    Each section and each entry is JSON of its own, in the file's form: variables replaced, URLs of the environment put in, paths
    absolute. What is the same, byte for byte, as in another plan means the same.

    Args:
        revision: Its number.
        folder: Where modules with functions of users are looked for.
        code: Whether any graph names such a function.
        server: The section `server`.
        defaults: The section `defaults`.
        predictors: By name.
        graphs: By name.
        sinks: By name.
        jobs: The section `jobs`.
        excluded: The predictors that were taken out while running.
    """

    revision: int
    folder: str
    code: bool
    server: msgspec.Raw
    defaults: msgspec.Raw
    predictors: dict[str, msgspec.Raw]
    graphs: dict[str, msgspec.Raw]
    sinks: dict[str, msgspec.Raw]
    jobs: msgspec.Raw
    excluded: tuple[str, ...] = ()

    def encoded(self) -> bytes:
        """As JSON."""
        return _encode(self)


_NOTHING = Plan(0, "", False, msgspec.Raw(b""), msgspec.Raw(b""), {}, {}, {}, msgspec.Raw(b""))  # noqa: FBT003 - a field of a record


def decoded(data: bytes) -> Plan:
    """A plan that was encoded."""
    return msgspec.json.decode(data, type=Plan)


def plan_of(loaded: Loaded, revision: int, excluded: Collection[str] = ()) -> Plan:
    """The plan of a configuration that was checked as a whole."""
    config = loaded.config
    return Plan(
        revision,
        str(loaded.folder),
        names_code(config),
        raw(config.server),
        raw(config.defaults),
        {name: raw(spec) for name, spec in config.predictors.items()},
        {name: raw(spec) for name, spec in config.graphs.items()},
        {name: raw(spec) for name, spec in config.sinks.items()},
        raw(config.jobs),
        tuple(sorted(set(excluded) & config.predictors.keys())),
    )


def with_excluded(config: Config, excluded: Collection[str]) -> Config:
    """The configuration as if it said of these predictors that they are not enabled."""
    if not excluded:
        return config
    changed = {name: _taken_out(spec) if name in excluded else spec for name, spec in config.predictors.items()}
    return config.model_copy(update={"predictors": changed})


class Planned(NamedTuple):
    """A plan, and the configuration that it says, in which what was excluded is not enabled."""

    plan: Plan
    config: Config


def planned(plan: Plan, before: Planned | None = None) -> Planned:
    """The configuration of a plan; specs that are the same in the plan before, byte for byte, are the same objects."""
    old = before or Planned(_NOTHING, Config())
    config = Config.model_construct(
        None,
        server=_unless_same(Server.model_validate, plan.server, old.plan.server, old.config.server),
        defaults=_unless_same(Defaults.model_validate, plan.defaults, old.plan.defaults, old.config.defaults),
        predictors={name: _predictor(name, plan, old) for name in plan.predictors},
        graphs={
            name: _unless_same(GRAPH.validate_python, raw, old.plan.graphs.get(name), old.config.graphs.get(name))
            for name, raw in plan.graphs.items()
        },
        sinks={
            name: _unless_same(SINK.validate_python, raw, old.plan.sinks.get(name), old.config.sinks.get(name))
            for name, raw in plan.sinks.items()
        },
        jobs=_unless_same(JobsSpec.model_validate, plan.jobs, old.plan.jobs, old.config.jobs),
    )
    return Planned(plan, config)


def _predictor(name: str, plan: Plan, old: Planned) -> Predictor:
    out = name in plan.excluded
    known = old.config.predictors.get(name) if out == (name in old.plan.excluded) else None
    spec = _unless_same(PREDICTOR.validate_python, plan.predictors[name], old.plan.predictors.get(name), known)
    return _taken_out(spec) if out else spec


def _unless_same(read: Callable[[Any], _T], raw: msgspec.Raw, old: msgspec.Raw | None, known: _T | None) -> _T:
    if known is not None and raw == old:
        return known
    return read(msgspec.json.decode(raw))


def _taken_out(spec: Predictor) -> Predictor:
    return spec.model_copy(update={"enabled": False}) if spec.enabled else spec


def raw(value: Any) -> msgspec.Raw:
    """What a file says for a spec, as JSON."""
    return msgspec.Raw(_encode(plain(value)))
