"""What one graph runs on, of a whole configuration: kept beside a job, so that it runs on this whenever it runs."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec
from pydantic import ValidationError

from plait.graph.dump import plain
from plait.graph.plan import raw
from plait.graph.spec import Config, Defaults
from plait.graph.uses import graphs_used, predictors_used
from plait.graph.validate import GRAPH, PREDICTOR
from plait.graph.walk import names_code
from plait.spec.predictor import Predictor

_HEADERS = "headers"
"""What a predictor says of header fields that are added: secrets, which are never kept beside a job."""

_encode = msgspec.json.Encoder().encode


class Slice(msgspec.Struct, frozen=True):
    """A graph, the graphs and predictors that it uses, and what holds for them.

    Args:
        digest: By which it is known; that of the data.
        data: JSON, without header fields that predictors are to be sent.
        forwarded: The client's header fields, lower-case, that any of its predictors may see.
    """

    digest: str
    data: bytes
    forwarded: frozenset[str] = frozenset()


class _Kept(msgspec.Struct, frozen=True):
    graph: str
    folder: str
    code: bool
    defaults: msgspec.Raw
    predictors: dict[str, msgspec.Raw]
    graphs: dict[str, msgspec.Raw]


class Sliced(msgspec.Struct, frozen=True):
    """A slice that was read: the graph's name, the configuration that it needs, and where its functions of users are looked for.

    `folder` is empty where it has none.
    """

    graph: str
    config: Config
    folder: str


class Missing(ValueError):
    """What a slice needs is there no more; the text says what."""


def slice_of(config: Config, graph: str, folder: str = "") -> Slice:
    """What a graph of a configuration runs on.

    Args:
        config: A configuration without problems.
        graph: The graph's name.
        folder: Where modules with functions of users are looked for.
    """
    names = _graphs(config, graph)
    predictors = {name: config.predictors[name] for other in names for name in predictors_used(config, other)}
    part = Config.model_construct(
        None,
        defaults=config.defaults,
        predictors={name: predictors[name] for name in config.predictors if name in predictors},
        graphs={name: config.graphs[name] for name in config.graphs if name in names},
    )
    kept = _Kept(
        graph,
        folder,
        names_code(part),
        raw(part.defaults),
        {name: _without_headers(spec) for name, spec in part.predictors.items()},
        {name: raw(spec) for name, spec in part.graphs.items()},
    )
    data = _encode(kept)
    forwarded = frozenset(field.lower() for spec in predictors.values() for field in spec.forward_headers)
    return Slice(blake2b(data, digest_size=16).hexdigest(), data, forwarded)


def sliced(data: bytes, today: Config) -> Sliced:
    """A slice, with the header fields that today's predictors of the same names are sent.

    Args:
        data: That of the slice.
        today: What is configured now.

    Raises:
        Missing: If a predictor is there no more, or answers at other hosts only; or the slice is of another plait.
    """
    try:
        kept = msgspec.json.decode(data, type=_Kept)
        config = Config.model_construct(
            None,
            defaults=Defaults.model_validate(msgspec.json.decode(kept.defaults)),
            predictors={name: _with_headers(name, spec, today) for name, spec in kept.predictors.items()},
            graphs={name: GRAPH.validate_python(msgspec.json.decode(spec)) for name, spec in kept.graphs.items()},
        )
    except (msgspec.DecodeError, ValidationError) as exc:
        raise Missing(f"what it ran on cannot be read by this plait: {' '.join(str(exc).split())}") from None
    return Sliced(kept.graph, config, kept.folder if kept.code else "")


def _graphs(config: Config, name: str) -> set[str]:
    found, queue = {name}, [name]
    while queue:
        new = [other for other in graphs_used(config, queue.pop()) if other not in found]
        found.update(new)
        queue += new
    return found


def _without_headers(spec: Predictor) -> msgspec.Raw:
    said: dict[str, Any] = plain(spec)
    said.pop(_HEADERS, None)
    return msgspec.Raw(_encode(said))


def _with_headers(name: str, kept: msgspec.Raw, today: Config) -> Predictor:
    now = today.predictors.get(name)
    if now is None:
        raise Missing(f"the predictor {name}, which it asks, is there no more")
    said = PREDICTOR.validate_python(msgspec.json.decode(kept))
    if not {address.host for address in said.addresses} & {address.host for address in now.addresses}:
        raise Missing(f"the predictor {name}, which it asks, answers at other hosts now")
    return said.model_copy(update={_HEADERS: now.headers}) if now.headers else said
