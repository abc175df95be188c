"""Somewhere for rules to act, in memory, and a graph with rules that runs there on virtual time."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from plait.background import Background
from plait.clock import Clock
from plait.errors import ConfigError, PlaitError, Responded
from plait.graph.check import check
from plait.graph.compile import Compiled, compile_graph
from plait.graph.spec import Config
from plait.jobs.records import Outgoing
from plait.rules.acts import Acts
from plait.rules.ruled import ruled
from plait.testing import FakePredictor, run_virtual
from plait.types import Context, Message, Run, Started

SINKS = {"pager": {"log": "warning"}, "later": {"queue": "low", "graph": "predict"}}


class Sinks:
    """Takes messages, each after so many seconds, or fails."""

    def __init__(self, after: float = 0.0, error: Callable[[], Exception] | None = None) -> None:
        self.after = after
        self.error = error
        self.came: list[tuple[float, Outgoing]] = []
        self.durable: list[Outgoing] = []

    async def promise(self, outgoing: Outgoing) -> None:
        self.came.append((asyncio.get_running_loop().time(), outgoing))
        await asyncio.sleep(self.after)
        if self.error is not None:
            raise self.error()
        self.durable.append(outgoing)

    @property
    def ids(self) -> list[str]:
        return [outgoing.id for outgoing in self.durable]

    @property
    def said(self) -> list[Any]:
        return [json.loads(outgoing.payload) for outgoing in self.durable]


class Stage:
    """A graph with rules, and all that it runs on, in a loop on virtual time."""

    def __init__(self, config: Config, predictors: Sequence[FakePredictor], sinks: Sinks) -> None:
        loop = asyncio.get_running_loop()
        self.clock = Clock(loop, loop.time)
        self.background = Background()
        self.sinks = sinks
        self.saw: Counter[tuple[str, str, str]] = Counter()
        self.acts = Acts(self.clock, self.sinks, lambda *what: self.saw.update([what]))
        self.plain = compile_graph(config, "predict", {fake.name: fake for fake in predictors}, self.background)
        self.compiled: Compiled = ruled(self.plain, self.acts)

    @classmethod
    def of(cls, graph: Any, predictors: Sequence[FakePredictor], sinks: Sinks | None = None, **config: Any) -> Stage:
        """A graph as a file says it."""
        entries = {fake.name: {"url": "http://127.0.0.1:1"} for fake in predictors}
        found = Config.model_validate({"predictors": entries, "graphs": {"predict": graph}, "sinks": SINKS, **config})
        problems = check(found)
        if problems:
            raise ConfigError(problems)
        return cls(found, predictors, sinks or Sinks())

    def run(self, request: Any = None, job: str = "") -> Run:
        run = Run(Message.of(request), self.clock, b"r1", {b"x-user": b"u"})
        run.job = job
        return run

    async def ask(self, request: Any = None, run: Run | None = None) -> Said:
        """What the graph answers."""
        run = run or self.run(request)
        said = Said(run)
        said.started = self.compiled.call.start(run.message, Context(run, self.clock.now() + self.compiled.timeout), said, 0)
        await said.over.wait()
        return said


class Said:
    """The sink of one run: its outcome, and when that came."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.started: Started | None = None
        self.over = asyncio.Event()
        self.message: Message | None = None
        self.error: PlaitError | None = None
        self.at = 0.0

    def answered(self, index: int, message: Message) -> None:
        assert not self.over.is_set()
        self.message = message
        self._end()

    def failed(self, index: int, error: PlaitError) -> None:
        assert not self.over.is_set()
        self.error = error
        self._end()

    def _end(self) -> None:
        self.at = self.run.clock.now()
        self.over.set()

    @property
    def value(self) -> Any:
        if self.message is None:
            raise self.error or AssertionError("nothing was said")
        return self.message.value

    @property
    def responded(self) -> tuple[int, Any]:
        assert isinstance(self.error, Responded), self.error
        return self.error.status, self.error.answer

    @property
    def acted(self) -> list[tuple[Any, ...]]:
        return [(acted.rule, acted.part, acted.did, acted.error) for acted in self.run.acted or ()]


def on_stage(
    play: Callable[[Stage], Awaitable[None]],
    graph: Any,
    predictors: Sequence[FakePredictor],
    sinks: Sinks | None = None,
    **config: Any,
) -> Stage:
    """Run something with a graph's rules acting, then whatever it has left to do."""

    async def main() -> Stage:
        stage = Stage.of(graph, predictors, sinks, **config)
        await play(stage)
        await stage.acts.drain(100.0)
        stage.clock.close()
        return stage

    return run_virtual(main())
