"""What the rules of one run have promised and counted, and what is still awaited of that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from plait.errors import PlaitError, fault
from plait.events import Acted
from plait.http1.ids import new_id
from plait.rules.acting import ACTED, COUNTED, FAILED, Match
from plait.rules.counting import key_of
from plait.rules.telling import Found, alert, deferred, fitting
from plait.sinks.errors import NotPromised

if TYPE_CHECKING:
    import asyncio

    from plait.graph.rules import BoundRule
    from plait.jobs.records import Outgoing
    from plait.rules.acting import Acting
    from plait.types import Context, Run


class Doing:
    """Promises and counts for one run.

    Args:
        graph: The graph's name.
        run: Its run.
        acting: Where.
        fewer: Is called whenever something is awaited no more.
    """

    __slots__ = ("_acting", "_awaited", "_fewer", "_graph", "_own", "_run")

    def __init__(self, graph: str, run: Run, acting: Acting, fewer: Callable[[], None]) -> None:
        self._graph = graph
        self._run = run
        self._acting = acting
        self._fewer = fewer
        self._own = run.job
        self._awaited: dict[asyncio.Future[None], tuple[Acted, str]] = {}

    def begin(self) -> None:
        """Note in the run what is done; what another run of the same has promised on parts is awaited too."""
        run, first = self._run, self._run.first
        run.acted, run.promised = [], self._awaited
        if first is None:
            return
        run.acted += [acted for acted in first.acted or () if acted.part is not None]
        for future, promised in (first.promised or {}).items():
            self._awaited[future] = promised
            future.add_done_callback(self._over)

    def close(self) -> None:
        """Nobody is to be told any more of what is awaited."""
        self._fewer = _nobody

    def _over(self, future: asyncio.Future[None]) -> None:
        """What another run has promised is durable, or is not to be."""
        self._awaited.pop(future, None)
        self._fewer()

    @property
    def awaited(self) -> bool:
        """Whether there are promises of which nobody knows yet whether they are durable."""
        return bool(self._awaited)

    def given_up(self) -> None:
        """Nobody waits for the promises any more, which go on."""
        for acted, what in self._awaited.values():
            _fails(acted, f"{what}: was not durable in time, and may still be sent")
        self._awaited.clear()

    def acted(self, rule: BoundRule, key: str) -> Acted:
        """A rule acts: what it has done is noted there from now on."""
        acted = Acted(rule=rule.name, on=rule.on, part=key or None, did=[])
        if self._run.acted is not None:
            self._run.acted.append(acted)
        return acted

    def saw(self, rule: BoundRule, *, acted: bool) -> None:
        """A rule holds, and acts on that, or has counted it."""
        self._acting.saw(self._graph, rule.name, ACTED if acted else COUNTED)

    def failed(self, rule: BoundRule, acted: Acted, why: str, detail: str = "") -> None:
        """A rule could not do something; the detail is for people who may see everything."""
        _fails(acted, why)
        self._acting.saw(self._graph, rule.name, FAILED)
        self._acting.failed(self._graph, rule.name, detail or why)

    def promise(self, found: Found, acted: Acted) -> None:
        """Have the sinks of a rule told."""
        rule, graph, run = found.rule, self._graph, self._run
        own = self._own = self._own or new_id()
        if rule.alert is not None:
            self._promised(found, acted, "alert", alert(found, graph, rule.alert, run, own))
        if rule.defer is not None:
            self._promised(found, acted, "defer", deferred(found, rule.defer, run, own))

    def _promised(self, found: Found, acted: Acted, what: str, outgoing: Outgoing) -> None:
        try:
            future = self._acting.promise(fitting(outgoing, self._acting.largest))
        except PlaitError as exc:
            self.failed(found.rule, acted, f"{what}: {exc.detail}")
            return
        self._awaited[future] = acted, what
        future.add_done_callback(partial(self._known, found, acted, what))

    def _known(self, found: Found, acted: Acted, what: str, future: asyncio.Future[None]) -> None:
        error = error_of(future)
        awaited = self._awaited.pop(future, None) is not None
        if error is None:
            if awaited:
                acted.did.append(what)
        else:
            self.failed(found.rule, acted, f"{what}: {error.title}", f"{what}: {error.detail}")
        self._fewer()

    def count(self, found: Found, ctx: Context) -> tuple[Found, asyncio.Future[bool]]:
        """Count a match; with it, for which value that was.

        Raises:
            PlaitError: If there is no value to count it for.
        """
        rule, counts, run = found.rule, found.rule.counts, self._run
        if counts is None:
            raise AssertionError("a rule that does not count was counted")
        by = None if counts.by is None else counts.by(ctx, run.message, found.message)
        found = Found(rule, found.key, found.message, by)
        key = "" if by is None else key_of(by.raw.strip().decode())
        once = found.called(run.job) if run.job else ""
        match = Match(f"{self._graph}/{rule.name}/{counts.times}/{counts.within:g}", key, once, counts.times, counts.within)
        return found, self._acting.count(match)


def error_of(future: asyncio.Future[None]) -> PlaitError | None:
    """Why nothing was promised; None if it was."""
    if future.cancelled():
        return NotPromised("plait has ended")
    exc = future.exception()
    return exc if exc is None or isinstance(exc, PlaitError) else fault(exc)  # type: ignore[arg-type] # no promise raises more


def _fails(acted: Acted, why: str) -> None:
    acted.error = why if acted.error is None else f"{acted.error}; {why}"


def _nobody() -> None:
    """Nobody waits."""
