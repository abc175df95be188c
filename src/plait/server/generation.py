"""What one worker built from one configuration: upstreams, compiled graphs, and the routes to them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from plait.graph.compile import compile_graph
from plait.http1.renewed import Trust
from plait.server.graph_route import GraphRoute
from plait.server.task import Tasks
from plait.upstream.build import upstream

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.graph.spec import Config


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
        self.upstreams = {
            name: upstream(name, spec, config.defaults.predictor, clock, trust) for name, spec in config.predictors.items()
        }
        self.graphs = {name: compile_graph(config, name, self.upstreams, self.tasks.background) for name in config.graphs}
        self.routes = {
            config.route(name): GraphRoute(compiled, clock, self.revision, config.server.details)
            for name, compiled in self.graphs.items()
        }

    async def open(self) -> None:
        """Find out where predictors answer, and begin to watch them."""
        async with asyncio.TaskGroup() as group:
            for each in self.upstreams.values():
                group.create_task(each.open())

    async def close(self) -> None:
        """End what runs, then every connection."""
        await self.tasks.close()
        for each in self.upstreams.values():
            await each.close()
