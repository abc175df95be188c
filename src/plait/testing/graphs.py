"""Run a graph on fakes and virtual time: what it answers, when, and what became of each part."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from plait.background import Background
from plait.clock import Clock
from plait.errors import ConfigError, PlaitError
from plait.events import Acted, Part
from plait.graph.check import check
from plait.graph.compile import compile_graph
from plait.graph.spec import Config
from plait.jobs.records import Outgoing
from plait.rules import ruled
from plait.rules.acts import Acts
from plait.spec.sinks import LogSink, QueueSink, SinkSpec
from plait.testing.fakes import FakePredictor
from plait.testing.virtual import run_virtual
from plait.types import Call, Context, Message, Run


class GraphRun(msgspec.Struct, frozen=True):
    """What came of one run: its answer or its error, or neither if it was cancelled.

    `parts` are in the order in which they ended, `seconds` is the virtual time that it took, and `left` counts what still ran when
    it had ended: tasks, and calls of predictors. `rules` is what rules of the graph have done, and `messages` what they promised to
    sinks, each with the sink's name, in order.
    """

    answer: Message | None
    error: PlaitError | None
    parts: list[Part]
    seconds: float
    left: int
    rules: list[Acted] = []
    messages: list[tuple[str, Any]] = []

    @property
    def value(self) -> Any:
        """The decoded answer.

        Raises:
            PlaitError: The error, if there is no answer.
        """
        if self.answer is None:
            raise self.error or AssertionError("the run was cancelled")
        return self.answer.value

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each part by its key."""
        return {part.key: part.status for part in self.parts}


def run_graph(
    graphs: Mapping[str, Any],
    predictors: Sequence[FakePredictor],
    request: Any = None,
    *,
    graph: str = "predict",
    headers: Mapping[bytes, bytes] | None = None,
    excluded: Collection[str] = (),
    cancel_after: float | None = None,
) -> GraphRun:
    """Check, compile and run one graph.

    Args:
        graphs: The `graphs` of a file, as data; every sink that their rules name is there.
        predictors: Who answers.
        request: The request's JSON value.
        graph: Which graph to run.
        headers: The request's header fields, lower-case names.
        excluded: The names of predictors that configuration takes out.
        cancel_after: Seconds until the client leaves, if it does.

    Raises:
        ConfigError: If the graphs have problems.
    """
    entries = {fake.name: {"url": "http://127.0.0.1:1", "enabled": fake.name not in excluded} for fake in predictors}
    config = Config.model_validate({"predictors": entries, "graphs": dict(graphs)})
    config = config.model_copy(update={"sinks": _named(config, graph)})
    problems = check(config)
    if problems:
        raise ConfigError(problems)
    background = Background()
    compiled = compile_graph(config, graph, {predictor.name: predictor for predictor in predictors}, background)

    async def main() -> GraphRun:
        loop = asyncio.get_running_loop()
        clock, told = Clock(loop, loop.time), _Sinks()
        acts = Acts(clock, told, lambda *_: None)
        message = Message.of(request)
        run = Run(message, clock, b"test", headers)
        task = loop.create_task(_answer(ruled(compiled, acts).call, message, Context(run, clock.now() + compiled.timeout)))
        if cancel_after is not None:
            loop.call_later(cancel_after, task.cancel)
        await asyncio.wait([task])
        seconds = clock.now()
        await acts.drain(math.inf)
        await background.idle()
        left = len(asyncio.all_tasks()) - 1 + sum(predictor.open for predictor in predictors)
        clock.close()
        answer, error = (None, None) if task.cancelled() else task.result()
        return GraphRun(answer, error, run.parts, seconds, left, run.acted or [], told.messages)

    return run_virtual(main())


def _named(config: Config, graph: str) -> dict[str, SinkSpec]:
    """The sinks that rules name: a queue wherever a job is to begin."""
    actions = [rule.do for spec in config.graphs.values() for rule in spec.rules]
    alerts: dict[str, SinkSpec] = {do.alert: LogSink(log="info") for do in actions if do.alert is not None}
    return alerts | {do.defer: QueueSink(queue="low", graph=graph) for do in actions if do.defer is not None}


class _Sinks:
    """Keeps what is promised."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Any]] = []

    async def promise(self, outgoing: Outgoing) -> None:
        self.messages.append((outgoing.sink, msgspec.json.decode(outgoing.payload)))


async def _answer(call: Call, message: Message, ctx: Context) -> tuple[Message | None, PlaitError | None]:
    try:
        return await call(message, ctx), None
    except PlaitError as exc:
        return None, exc
