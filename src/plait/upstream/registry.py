"""The upstreams of a worker: each lives on from one configuration to the next while its predictor is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
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

    async def open(self) -> None:
        """Find out where the new ones answer, and begin to watch them."""
        async with asyncio.TaskGroup() as group:
            for each in self.new.values():
                group.create_task(each.open())

    async def close(self) -> None:
        """End every call and every connection."""
        await self.drop()
        for kept in self._kept.values():
            await kept.upstream.close()

    def _of(self, name: str, given: Predictor, defaults: PredictorDefaults) -> _Kept:
        kept = self._kept.get(name)
        if kept is not None and kept.given is given and kept.defaults is defaults:
            return kept
        spec = given.model_copy(update=_BESIDE)
        if kept is not None and kept.spec == spec and kept.defaults == defaults:
            return kept._replace(given=given, defaults=defaults)
        return _Kept(given, spec, defaults, upstream(name, spec, defaults, self._clock, self._trust))

    @staticmethod
    def _without(these: Mapping[str, _Kept], those: Mapping[str, _Kept]) -> Iterable[Upstream]:
        known = {id(kept.upstream) for kept in those.values()}
        return [kept.upstream for kept in these.values() if id(kept.upstream) not in known]
