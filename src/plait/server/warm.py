"""Meet new predictors before requests do: connect to them, probe them, ask each once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.http1.ids import new_id
from plait.nodes.ask import Ask
from plait.nodes.cascade import Cascade
from plait.nodes.fallback import Fallback
from plait.nodes.parallel import Parallel
from plait.nodes.predict import Predict
from plait.nodes.sequence import Sequence
from plait.nodes.shadow import Shadow
from plait.nodes.split import Split
from plait.nodes.switch import Switch
from plait.types import Context, Message, Run

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.graph.spec import Config
    from plait.nodes.node import NodeSpec
    from plait.spec.predictor import Predictor
    from plait.upstream.upstream import Upstream

PATIENCE = 0.5
"""Seconds that all of it may take: a predictor that is not there must not keep a change from others."""
AT_ONCE = 64
"""Predictors that are met at the same time."""
REPLICAS = 16
"""Replicas of one that are met."""
_HANDS_ON = (Parallel, Fallback, Cascade, Split, Switch, Shadow)
"""Nodes that give their children what they were given."""


async def warm(config: Config, upstreams: Mapping[str, Upstream], clock: Clock) -> list[str]:
    """Meet predictors, each with a connection, a probe if it has one, and a sample if a graph has one for it.

    Returns:
        What went wrong: that is for people, and keeps nobody from asking them.
    """
    found, room = samples(config), asyncio.Semaphore(AT_ONCE)
    warnings: dict[str, str] = {}

    async def meet(name: str, upstream: Upstream) -> None:
        spec = config.predictors[name]
        try:
            async with asyncio.timeout(PATIENCE), room:
                await _meet(spec, upstream, clock, found.get(name) if spec.idempotent is not False else None)
        except TimeoutError:
            warnings[name] = f"predictor {name} could not be warmed: it took longer than {PATIENCE * 1000:.0f} ms"
        except PlaitError as exc:
            warnings[name] = f"predictor {name} could not be warmed: {exc.detail}"

    async with asyncio.TaskGroup() as group:
        for name, upstream in upstreams.items():
            if config.predictors[name].enabled:
                group.create_task(meet(name, upstream))
    return [warnings[name] for name in upstreams if name in warnings]


async def _meet(spec: Predictor, upstream: Upstream, clock: Clock, sample: Message | None) -> None:
    for replica in upstream.fleet.replicas[:REPLICAS]:
        await replica.endpoint.endpoint.connect()
        if spec.health is not None:
            await upstream.get_from(replica.endpoint, spec.health.path, Run(Message(b"null"), clock, new_id().encode()))
    if sample is not None:
        run = Run(sample, clock, new_id().encode())
        await Ask(upstream, "warm", "warm")(sample, Context(run, clock.now() + PATIENCE))


def samples(config: Config) -> dict[str, Message]:
    """By predictor, an example of what it is asked: that of a graph that hands its request straight to it."""
    found: dict[str, Message] = {}
    for spec in config.graphs.values():
        if spec.has_sample:
            for name in _given_the_request(spec.root):
                found.setdefault(name, Message.of(spec.sample))
    return found


def _given_the_request(node: NodeSpec) -> Iterator[str]:
    if node.has_input:
        return
    if isinstance(node, Predict):
        yield node.predict
    children = node.children()
    for child in children[:1] if isinstance(node, Sequence) else children if isinstance(node, _HANDS_ON) else ():
        yield from _given_the_request(child.node)
