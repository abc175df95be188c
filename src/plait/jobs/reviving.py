"""Graphs of jobs from what is kept of them: compiled anew, on predictors that are asked already where they are the same."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import ConfigError
from plait.graph.compile import Compiled
from plait.graph.slice import Missing, Sliced, sliced
from plait.graph.spec import Config
from plait.jobs.errors import Gone

if TYPE_CHECKING:
    from plait.jobs.records import StoredJob
    from plait.upstream.registry import Lent, Upstreams
    from plait.upstream.upstream import Upstream

MOST = 64
"""Compiled graphs that are kept for the next job of the same kind."""

Compile = Callable[[Config, str, "Mapping[str, Upstream]", bool], Compiled]
"""Compiles a graph of a configuration for these predictors; with True, for a job that a rule began: without its rules."""


class Revived(NamedTuple):
    """A graph that can run, and the predictors that are lent to it, if any are."""

    compiled: Compiled
    lent: Lent | None = None

    async def close(self) -> None:
        """Nobody runs on it any more."""
        if self.lent is not None:
            await self.lent.give_back()


class Reviving:
    """Compiles what is kept of graphs.

    Args:
        upstreams: The predictors that are asked at present.
        compile_graph: Compiles a graph.

    `today` is what is configured now: header fields that predictors are sent are taken from it.
    """

    def __init__(self, upstreams: Upstreams, compile_graph: Compile) -> None:
        self._upstreams = upstreams
        self._compile = compile_graph
        self._ready: OrderedDict[tuple[str, bool], Compiled] = OrderedDict()
        self.today = Config()

    def now(self, config: Config) -> None:
        """This is configured from now on."""
        self.today = config
        self._ready.clear()

    async def graph(self, job: StoredJob, kept: Callable[[str], Awaitable[bytes | None]]) -> Revived:
        """The graph of a job, which must be closed.

        Args:
            job: The job.
            kept: Finds what is kept under a digest.

        Raises:
            Gone: If it, or a predictor of it, is there no more.
        """
        key = (job.digest, job.ruled)
        if (ready := self._ready.get(key)) is not None:
            self._ready.move_to_end(key)
            return Revived(ready)
        data = await kept(job.digest)
        if data is None:
            raise Gone("what the job was to run on is kept no more")
        today = self.today
        try:
            part = sliced(data, today)
        except Missing as exc:
            raise Gone(f"the job cannot run any more: {exc}") from None
        lent = await self._upstreams.lend(part.config.predictors, part.config.defaults.predictor)
        try:
            compiled = self._compiled(part, lent.upstreams, job)
        except BaseException:
            await lent.give_back()
            raise
        if lent.running and today is self.today:
            self._ready[key] = compiled
            if len(self._ready) > MOST:
                self._ready.popitem(last=False)
        return Revived(compiled, lent)

    def _compiled(self, part: Sliced, upstreams: Mapping[str, Upstream], job: StoredJob) -> Compiled:
        if part.folder and part.folder not in sys.path:
            sys.path.insert(0, part.folder)
        try:
            return self._compile(part.config, part.graph, upstreams, job.ruled)
        except ConfigError as exc:  # a function of a user that is there no more, or a plait that is stricter
            raise Gone(f"the job cannot run any more: {exc.detail}") from None
