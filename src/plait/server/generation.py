"""What one worker built from one configuration: compiled graphs, and the routes to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from plait.graph.compile import Compiled, compile_graph
from plait.graph.uses import names_asked
from plait.rules import ruled
from plait.server.graph_route import GraphRoute
from plait.server.later import Later

if TYPE_CHECKING:
    from plait.graph.spec import Config, Defaults, GraphSpec
    from plait.server.lasting import Lasting
    from plait.spec.predictor import Predictor
    from plait.upstream.upstream import Upstream


class Built(NamedTuple):
    """A compiled graph, and all that it was compiled from; where these are the same objects, so is the graph."""

    spec: GraphSpec
    defaults: Defaults
    asked: tuple[str, ...]
    """The names that it asks itself."""
    using: tuple[object, ...]
    """Whom these names mean: for each a predictor's spec and its upstream, or a graph that was built."""
    compiled: Compiled


class Generation:
    """A configuration that runs. It owns nothing that has to be closed: whoever still runs on it keeps it alive.

    Args:
        config: A configuration without problems.
        revision: Its number.
        lasting: The state that it shares with the generations before and after it.
        upstreams: By name, whom its graphs ask.
        graphs: By name, its graphs.
        folder: Where modules with functions of users are looked for.
    """

    def __init__(
        self,
        config: Config,
        revision: int,
        lasting: Lasting,
        upstreams: Mapping[str, Upstream],
        graphs: Mapping[str, Built],
        folder: str = "",
    ) -> None:
        self.config = config
        self.lasting = lasting
        self.clock = lasting.clock
        self.revision = str(revision)
        self.tasks = lasting.tasks
        self.upstreams = upstreams
        self.built = graphs
        self.graphs = {name: built.compiled for name, built in graphs.items()}
        details, tally, noting = config.server.details, lasting.tally, lasting.remembered.noting(config)
        self.routes = {}
        for name, compiled in self.graphs.items():
            later = Later(config, compiled, revision, folder, lasting)
            route = GraphRoute(compiled, self.clock, self.revision, details, tally, noting.get(name), later)
            self.routes[config.route(name)] = route


async def generation(
    config: Config, revision: int, lasting: Lasting, before: Generation | None = None, folder: str = ""
) -> Generation:
    """Build a generation. Requests are served between any two of its graphs, and what is as in the one before is taken from it.

    Its upstreams are prepared, not yet open.
    """
    upstreams = lasting.upstreams.prepare(config.predictors, config.defaults.predictor)
    work = _Work(config, upstreams, lasting, before.built if before is not None else {})
    for _ in work.all():
        await asyncio.sleep(0)
    return Generation(config, revision, lasting, upstreams, work.built, folder)


class _Work:
    """Builds graph after graph, each after those that it uses."""

    def __init__(self, config: Config, upstreams: Mapping[str, Upstream], lasting: Lasting, before: Mapping[str, Built]) -> None:
        self._config = config
        self._upstreams = upstreams
        self._lasting = lasting
        self._before = before
        self._built: dict[str, Built] = {}

    @property
    def built(self) -> dict[str, Built]:
        """All graphs, in the order of the file."""
        return {name: self._built[name] for name in self._config.graphs}

    def all(self) -> Iterator[None]:
        """Build them; each step compiles one at most."""
        for name in self._config.graphs:
            yield from self._build(name)

    def _build(self, name: str) -> Iterator[None]:
        if name in self._built:
            return
        spec, old = self._config.graphs[name], self._before.get(name)
        asked = old.asked if old is not None and old.spec is spec else names_asked(spec)
        for other in asked:
            if other not in self._config.predictors:
                yield from self._build(other)
        using = tuple(each for other in asked for each in self._meant(other))
        if old is not None and self._as_before(old, spec, using):
            self._built[name] = old
            return
        defaults = self._config.defaults
        lasting = self._lasting
        compiled = compile_graph(self._config, name, self._upstreams, lasting.tasks.background, lasting.tally.predictor)
        self._built[name] = Built(spec, defaults, asked, using, ruled(compiled, lasting.acts))
        yield

    def _meant(self, name: str) -> tuple[object, ...]:
        predictor: Predictor | None = self._config.predictors.get(name)
        return (self._built[name],) if predictor is None else (predictor, self._upstreams[name])

    def _as_before(self, old: Built, spec: GraphSpec, using: tuple[object, ...]) -> bool:
        same = old.spec is spec and old.defaults is self._config.defaults and len(old.using) == len(using)
        return same and all(a is b for a, b in zip(old.using, using, strict=True))
