"""Watches each new revision, and takes it back where it is worse than the one before it."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from plait.control.judge import Graphs, Verdict, between, counted, judge
from plait.control.totals import Totals
from plait.errors import PlaitError, fault
from plait.spec.control import RollbackSpec

AUTHOR = "rollback"
"""Who makes the revisions by which others are taken back."""
SHARE, SHORTEST, LONGEST = 1 / 60, 0.5, 10.0
"""The time from look to look: that share of the watch, in seconds no less and no more than these."""
_AGAIN = 503
_NEWER = 412

Snapshots: TypeAlias = Callable[[], Awaitable[Sequence[Mapping[str, Any]]]]
State: TypeAlias = Literal["unwatched", "watching", "healthy", "undecided", "taken back", "kept", "superseded"]


class Activate(Protocol):
    """Makes an old revision's content a new revision, unless there is a newer one than `if_match`.

    Raises:
        PlaitError: If it does not; with status 412 because there is a newer one, with 503 because the store cannot be reached.
    """

    def __call__(self, number: int, /, *, author: str, reason: str, if_match: int) -> Awaitable[object]: ...


class Watched(NamedTuple):
    """What became of the newest revision.

    Args:
        revision: Its number; 0 before there is one.
        previous: That of the one that it is compared with.
        state: `kept` is one that is worse, and could not be taken back.
        reason: Why it is so.
        until: The moment at which the watch is over.
    """

    revision: int = 0
    previous: int | None = None
    state: State = "unwatched"
    reason: str = ""
    until: float = 0.0


class _Look(NamedTuple):
    """What all workers had counted at a moment."""

    moment: float
    graphs: Graphs


@dataclass(frozen=True, slots=True)
class _Watch:
    """What a revision is judged by: what was counted when it came, and what had come before."""

    spec: RollbackSpec
    start: Graphs
    before: Graphs


class Guard:
    """Compares each revision with the one before it, and takes it back at most once.

    Args:
        snapshots: What workers have counted, of those that answer.
        activate: Takes a revision back.
        told: Hears of each state that a revision comes into.
        now: The present moment in seconds.
    """

    def __init__(self, snapshots: Snapshots, activate: Activate, told: Callable[[Watched], None], now: Callable[[], float]) -> None:
        self._snapshots = snapshots
        self._activate = activate
        self._told = told
        self._now = now
        self._totals = Totals()
        self._looks: deque[_Look] = deque()
        self._spec: RollbackSpec | None = None
        self._newest = 0
        self._began = -math.inf
        self._watch: _Watch | None = None
        self._changed = asyncio.Event()
        self.watched = Watched()

    def began(self, revision: int, previous: int | None, spec: RollbackSpec | None, *, author: str = "") -> None:
        """Workers are being handed a revision; what was watched until now is nobody's business any more.

        Told again of the same one, because what is excluded has changed, say, it goes on as it was.

        Args:
            revision: Its number.
            previous: That of the one before it, if there is one.
            spec: What its configuration says of being taken back.
            author: Who made it; what takes another one back is not watched itself.
        """
        if revision == self._newest:
            return
        now, before = self._now(), self._began
        self._newest = revision
        self._spec, self._watch, self._began = spec, None, now
        if spec is None:
            self._looks.clear()  # nobody looks from now on
        self._changed.set()
        if author == AUTHOR:
            return  # what there is to tell is still what became of the one that was taken back
        if spec is not None and previous is not None and self._looks:
            self._watch = _Watch(spec, self._looks[-1].graphs, self._counted_from(max(now - spec.within, before)))
            self._tell(Watched(revision, previous, "watching", "", now + spec.within))
        else:
            self._tell(Watched(revision, previous, "unwatched", _why_not(previous, spec)))

    async def run(self) -> None:
        """Look again and again, for as long as any revision's configuration asks for it."""
        while True:
            spec = self._spec
            if spec is None:
                self._changed.clear()
                await self._changed.wait()
                continue
            try:
                await self.look()
            except Exception as exc:  # noqa: BLE001 - whatever it is, the next look may do better
                fault(exc)
            await asyncio.sleep(min(max(spec.within * SHARE, SHORTEST), LONGEST))

    async def look(self) -> None:
        """Hear what workers have counted, judge the newest revision by it, and act."""
        snapshots = await self._snapshots()
        now, spec = self._now(), self._spec
        self._looks.append(_Look(now, counted(self._totals.take(snapshots))))
        while spec is None or self._looks[0].moment < now - spec.within:
            self._looks.popleft()
            if not self._looks:
                return  # nobody has asked for it any more
        watch = self._watch
        if watch is None:
            return
        over = now >= self.watched.until
        verdict = judge(watch.before, between(watch.start, self._looks[-1].graphs), watch.spec, over=over)
        if verdict.state == "worse":
            await self._take_back(watch, verdict)
        elif over:
            self._watch = None
            self._tell(self.watched._replace(state=verdict.state, reason=verdict.reason))

    def facts(self) -> dict[str, Any]:
        """The state of the newest revision, as JSON."""
        watched = self.watched
        left = {"seconds_left": round(max(0.0, watched.until - self._now()), 1)} if watched.state == "watching" else {}
        return {
            "revision": watched.revision,
            "previous": watched.previous,
            "state": watched.state,
            "reason": watched.reason or None,
            **left,
        }

    def _counted_from(self, moment: float) -> Graphs:
        """What was counted from a moment on."""
        first = next((look for look in self._looks if look.moment >= moment), self._looks[-1])
        return between(first.graphs, self._looks[-1].graphs)

    async def _take_back(self, watch: _Watch, verdict: Verdict) -> None:
        watched, previous = self.watched, self.watched.previous or 0
        self._watch = None  # whatever comes of it, this is done once
        reason = f"revision {watched.revision} is worse than {previous}: {verdict.reason}"
        try:
            await self._activate(previous, author=AUTHOR, reason=reason, if_match=watched.revision)
        except PlaitError as exc:
            self._kept(
                watch, watched._replace(state="kept", reason=f"{verdict.reason}; it could not be taken back: {exc.detail}"), exc
            )
        else:
            self._tell(watched._replace(state="taken back", reason=verdict.reason))

    def _kept(self, watch: _Watch, watched: Watched, error: PlaitError) -> None:
        if error.status == _NEWER:
            self._tell(watched._replace(state="superseded", reason="there is a newer one"))
            return
        if error.status == _AGAIN and self.watched.revision == watched.revision and self._now() < watched.until:
            self._watch = watch
        self._tell(watched)

    def _tell(self, watched: Watched) -> None:
        """Tell of a state, unless it has been told; that of a revision which is no longer the newest is only told."""
        known, same = self.watched, self.watched.revision == watched.revision
        if same or watched.revision > known.revision:
            self.watched = watched
        if not same or known.state != watched.state:
            self._told(watched)


def _why_not(previous: int | None, spec: RollbackSpec | None) -> str:
    """Why a revision is not watched."""
    if spec is None:
        return "the configuration does not ask for it"
    return "there is none before it" if previous is None else "nothing was counted before it"
