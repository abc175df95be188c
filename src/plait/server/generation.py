"""What one worker built from one configuration: upstreams, compiled graphs, and the routes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.graph.compile import compile_graph
from plait.http1.dial import ClientTls
from plait.http1.endpoint import Bounds
from plait.http1.renewed import Trust
from plait.server.graph_route import GraphRoute
from plait.server.task import Tasks
from plait.spec.tls import PredictorTls
from plait.upstream.upstream import Upstream
from plait.wire.json import JsonCodec

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.graph.spec import Config
    from plait.spec.predictor import Predictor


class Generation:
    """A configuration that runs.

    Args:
        config: A configuration without problems.
        clock: The worker's clock.
        revision: The configuration's number.
    """

    def __init__(self, config: Config, clock: Clock, revision: int = 1) -> None:
        self.config = config
        self.clock = clock
        self.revision = str(revision)
        self.tasks = Tasks()
        trust = Trust()
        self.upstreams = {name: upstream(name, spec, config, trust) for name, spec in config.predictors.items()}
        self.graphs = {name: compile_graph(config, name, self.upstreams, self.tasks.background) for name in config.graphs}
        self.routes = {
            config.route(name): GraphRoute(compiled, clock, self.revision, config.server.details)
            for name, compiled in self.graphs.items()
        }

    async def close(self) -> None:
        """End what runs, then every connection."""
        await self.tasks.close()
        for each in self.upstreams.values():
            await each.close()


def upstream(name: str, spec: Predictor, config: Config, trust: Trust) -> Upstream:
    """The upstream of a predictor, with the defaults of those that do not give their own."""
    defaults = config.defaults.predictor
    address = spec.address
    timeout = spec.timeout or defaults.timeout
    connect = min(spec.connect_timeout or defaults.connect_timeout, timeout)
    codec = JsonCodec.of(
        spec.path or address.path or "/predict", address.authority, spec.headers, spec.forward_headers, spec.pass_status
    )
    return Upstream(name, address, codec, timeout, Bounds(connect_timeout=connect), _secured(spec, trust))


def _secured(spec: Predictor, trust: Trust) -> ClientTls | None:
    """How connections to a predictor are secured, if its URL is https."""
    tls = spec.tls or PredictorTls()
    return ClientTls(trust.of(tls), tls.server_name or "") if spec.address.tls else None
