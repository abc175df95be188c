"""The upstreams of a worker: each lives on from one configuration to the next while its predictor is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.http1.renewed import Trust
from plait.upstream.build import upstream

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.spec.predictor import Predictor, PredictorDefaults
    from plait.upstream.upstream import Upstream

_BESIDE: dict[str, Any] = {
    "description": "",
    "version": None,
    "needs": {},
    "enforce": False,
    "feedback": None,
    "enabled": True,
    "model": None,
}
"""What a predictor may say that has nothing to do with how it is asked."""


class _Kept(NamedTuple):
    given: Predictor
    spec: Predictor
    defaults: PredictorDefaults
    upstream: Upstream


class _Older:
    """A predictor that is configured no more, for those who still ask it."""

    def __init__(self, kept: _Kept) -> None:
        self.kept = kept
        self.users = 0
        self.opened = asyncio.Lock()
        self.ready = False


class Lent:
    """Predictors for one user, by name; to be given back.

    `running` says that all of them are those of the configuration that runs.
    """

    def __init__(self, upstreams: Mapping[str, Upstream], older: Sequence[_Older], kept: list[_Older]) -> None:
        self.upstreams = upstreams
        self.running = not older
        self._older = older
        self._kept = kept

    async def open(self) -> None:
        """Find out where those answer that nobody asked before."""
        for each in self._older:
            async with each.opened:
                if not each.ready:
                    await each.kept.upstream.open()
                    each.ready = True

    async def give_back(self) -> None:
        """They are asked no more; those that nobody else asks are watched no more."""
        older, self._older = self._older, ()
        for each in older:
            each.users -= 1
            if not each.users:
                self._kept.remove(each)
                await each.kept.upstream.retire()


class Upstreams:
    """All predictors that a worker may ask.

    Args:
        clock: The worker's clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._trust = Trust()
        self._kept: dict[str, _Kept] = {}
        self._ready: dict[str, _Kept] = {}
        self._older: list[_Older] = []

    def prepare(self, predictors: Mapping[str, Predictor], defaults: PredictorDefaults) -> Mapping[str, Upstream]:
        """The upstreams of a configuration that may be next: those that serve already where they are the same, else new ones."""
        self._ready = {name: self._of(name, spec, defaults) for name, spec in predictors.items()}
        return {name: kept.upstream for name, kept in self._ready.items()}

    @property
    def new(self) -> dict[str, Upstream]:
        """Those that were prepared and do not serve yet."""
        known = {id(kept.upstream) for kept in self._kept.values()}
        return {name: kept.upstream for name, kept in self._ready.items() if id(kept.upstream) not in known}

    async def swap(self) -> None:
        """Those that were prepared serve from now on; the others are asked by requests in flight only."""
        gone = self._without(self._kept, self._ready)
        self._kept, self._ready = self._ready, {}
        for each in gone:
            await each.retire()

    async def drop(self) -> None:
        """Those that were prepared will not serve."""
        gone, self._ready = self._without(self._ready, self._kept), {}
        for each in gone:
            await each.close()

    async def lend(self, predictors: Mapping[str, Predictor], defaults: PredictorDefaults) -> Lent:
        """Predictors as an older configuration has them: those that serve where they are the same, else its own."""
        found: dict[str, Upstream] = {}
        older = []
        for name, given in predictors.items():
            kept = self._running(name, given, defaults)
            if kept is None:
                each = self._older_of(name, given, defaults)
                each.users += 1
                older.append(each)
                kept = each.kept
            found[name] = kept.upstream
        lent = Lent(found, older, self._older)
        try:
            await lent.open()
        except BaseException:
            await lent.give_back()
            raise
        return lent

    async def open(self) -> None:
        """Find out where the new ones answer, and begin to watch them."""
        async with asyncio.TaskGroup() as group:
            for each in self.new.values():
                group.create_task(each.open())

    async def close(self) -> None:
        """End every call and every connection."""
        await self.drop()
        for kept in (*self._kept.values(), *(each.kept for each in self._older)):
            await kept.upstream.close()

    def _of(self, name: str, given: Predictor, defaults: PredictorDefaults) -> _Kept:
        return self._running(name, given, defaults) or self._new(name, given, defaults)

    def _running(self, name: str, given: Predictor, defaults: PredictorDefaults) -> _Kept | None:
        """The one that serves, if it is the same."""
        kept = self._kept.get(name)
        if kept is None or (kept.given is given and kept.defaults is defaults):
            return kept
        same = kept.spec == given.model_copy(update=_BESIDE) and kept.defaults == defaults
        return kept._replace(given=given, defaults=defaults) if same else None

    def _older_of(self, name: str, given: Predictor, defaults: PredictorDefaults) -> _Older:
        spec = given.model_copy(update=_BESIDE)
        for each in self._older:
            if each.kept.upstream.name == name and each.kept.spec == spec and each.kept.defaults == defaults:
                return each
        older = _Older(self._new(name, given, defaults))
        self._older.append(older)
        return older

    def _new(self, name: str, given: Predictor, defaults: PredictorDefaults) -> _Kept:
        spec = given.model_copy(update=_BESIDE)
        return _Kept(given, spec, defaults, upstream(name, spec, defaults, self._clock, self._trust))

    @staticmethod
    def _without(these: Mapping[str, _Kept], those: Mapping[str, _Kept]) -> Iterable[Upstream]:
        known = {id(kept.upstream) for kept in those.values()}
        return [kept.upstream for kept in these.values() if id(kept.upstream) not in known]
