"""Run a graph on fakes and virtual time: what it answers, when, and what became of each part."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from plait.clock import Clock
from plait.errors import ConfigError, PlaitError
from plait.events import Part
from plait.graph.check import check
from plait.graph.compile import compile_graph
from plait.graph.spec import Config
from plait.testing.fakes import FakePredictor
from plait.testing.virtual import run_virtual
from plait.types import Context, Message, Run


class GraphRun(msgspec.Struct, frozen=True):
    """What came of one run: its answer or its error, the parts in the order in which they ended, and the seconds it took."""

    answer: Message | None
    error: PlaitError | None
    parts: list[Part]
    seconds: float

    @property
    def value(self) -> Any:
        """The decoded answer.

        Raises:
            PlaitError: The error, if there is no answer.
        """
        if self.answer is None:
            raise self.error or AssertionError("a run has an answer or an error")
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
) -> GraphRun:
    """Check, compile and run one graph.

    Args:
        graphs: The `graphs` of a file, as data.
        predictors: Who answers.
        request: The request's JSON value.
        graph: Which graph to run.
        headers: The request's header fields, lower-case names.

    Raises:
        ConfigError: If the graphs have problems.
    """
    urls = {predictor.name: {"url": "http://127.0.0.1:1"} for predictor in predictors}
    config = Config.model_validate({"predictors": urls, "graphs": dict(graphs)})
    problems = check(config)
    if problems:
        raise ConfigError(problems)
    compiled = compile_graph(config, graph, {predictor.name: predictor for predictor in predictors})

    async def main() -> GraphRun:
        loop = asyncio.get_running_loop()
        clock = Clock(loop, loop.time)
        message = Message.of(request)
        run = Run(message, clock, b"test", headers)
        answer, error = None, None
        try:
            answer = await compiled.call(message, Context(run, clock.now() + compiled.timeout))
        except PlaitError as exc:
            error = exc
        seconds = clock.now()
        clock.close()
        return GraphRun(answer, error, run.parts, seconds)

    return run_virtual(main())
