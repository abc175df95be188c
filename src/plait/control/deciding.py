"""How a change is decided: on the newest state, checked, written if nobody was first, and told on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from plait.control.candidate import Surroundings, candidate
from plait.control.difference import difference, same
from plait.control.errors import Conflict, InUse, Stale, StoreDown
from plait.control.files import Taken, speaks
from plait.control.known import TRIES, Known
from plait.control.marks import Mark
from plait.control.merge import Edit, whole
from plait.control.outcome import Before, Outcome
from plait.control.revisions import LONGEST_AUTHOR, LONGEST_REASON, Revision, words
from plait.control.store.statements import State
from plait.control.store.store import Store
from plait.errors import ConfigError, NotFound
from plait.graph.document import Document
from plait.graph.hints import nearest
from plait.graph.load import Loaded


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody says of a change besides the change itself.

    Args:
        author: Who wants it.
        reason: Why.
        if_match: The revision that must be active.
        dry_run: Whether it is only checked.
        taken: The file that says it.
    """

    author: str
    reason: str = ""
    if_match: int | None = None
    dry_run: bool = False
    taken: Taken | None = None

    def facts(self) -> dict[str, Any]:
        """What is kept of it."""
        author, reason = words(self.author, LONGEST_AUTHOR), words(self.reason, LONGEST_REASON)
        return {"author": author, "reason": reason, "created": datetime.now(UTC)}

    def suits(self, state: State) -> None:
        """Whether it was meant for what is active.

        Raises:
            Stale: If not.
        """
        active = state.newest.number if state.newest else 0
        if self.if_match not in (None, active):
            raise Stale(f"revision {active} is active, and the change is for revision {self.if_match}")


@dataclass(frozen=True, slots=True)
class _Decided:
    """A change that may be made: without a revision, it changes nothing."""

    outcome: Outcome
    loaded: Loaded
    revision: Revision | None = None


class Deciding:
    """Changes one after the other.

    Args:
        store: Where they are kept.
        known: What is known of it.
        around: What else a configuration's meaning depends on.
        before: Looks at each configuration before it becomes a revision.
    """

    def __init__(self, store: Store, known: Known, around: Surroundings, before: Before) -> None:
        self._store = store
        self._known = known
        self._around = around
        self._before = before
        self._lock = asyncio.Lock()
        self._failed, self._failure = -1.0, ""

    async def refresh(self) -> None:
        """Read the store again."""
        async with self._turn():
            await self._known.refresh()

    async def _read(self) -> State:
        async with self._turn():
            return await self._known.sure()

    async def propose(self, edit: Edit, wish: Wish) -> Outcome:
        """As of a ledger."""
        if wish.dry_run:
            return (await self._decided(edit, wish, self._known.state or await self._read())).outcome
        async with self._turn():
            return await self._agreed(lambda state: self._made(edit, wish, state))

    async def take(self, text_digest: str, proxy: str, document: Callable[[], Document], author: str) -> Outcome | None:
        """As of a ledger."""
        async with self._turn():
            state = await self._known.sure()
            own, overall = await self._store.taken(proxy)
            taken = Taken(proxy, text_digest)
            if state.newest is not None and not speaks(text_digest, own, overall):
                if own != text_digest:
                    await self._store.took(taken)
                self._known.taken = taken
                return None
            edit, wish = whole(document(), file=True), Wish(author, taken=taken)
            return await self._agreed(lambda state: self._made(edit, wish, state))

    async def remark(self, name: str, wish: Wish, *, excluded: bool) -> Outcome:
        """As of a ledger."""
        async with self._turn():
            return await self._agreed(lambda state: self._marked(name, wish, state, excluded=excluded))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """While nobody else changes anything here. Whoever waited through a failure of the store need not wait for the next."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with self._lock:
            if self._failed > began:
                raise StoreDown(self._failure)
            try:
                yield
            except StoreDown as exc:
                self._known.doubtful = True
                self._failed, self._failure = loop.time(), exc.detail
                raise

    async def _agreed(self, change: Callable[[State], Any]) -> Outcome:
        """What came of a change, made on the newest state that there is."""
        for _ in range(TRIES):
            state = await self._known.sure()
            try:
                outcome: Outcome = await change(state)
            except Conflict:
                await self._known.refresh()
            else:
                return outcome
        raise StoreDown("others change the configuration all the time")

    async def _made(self, edit: Edit, wish: Wish, state: State) -> Outcome:
        decided = await self._decided(edit, wish, state)
        if decided.revision is not None:
            await self._store.append(decided.revision, state.turn, wish.taken)
            await self._known.become(State(state.turn + 1, decided.revision, state.marks), decided.loaded)
        elif wish.taken:
            await self._store.took(wish.taken)
        self._known.taken = wish.taken or self._known.taken
        return decided.outcome

    async def _decided(self, edit: Edit, wish: Wish, state: State) -> _Decided:
        wish.suits(state)
        desired = self._known.desired
        old, excluded = state.newest.data if state.newest else {}, list(state.marks)
        allow_local = desired is not None and desired.loaded.config.server.allow_local
        loaded = await self._known.in_thread(lambda: candidate(edit, old, allow_local, excluded, self._around))
        number = state.newest.number if state.newest else 0
        outcome = Outcome(number, dry_run=wish.dry_run, warnings=tuple(loaded.warnings))
        new = loaded.document.data or {}
        if state.newest is not None and same(old, new):
            return _Decided(outcome, loaded)
        findings = await self._before(loaded, desired.loaded if desired else None)
        if findings.problems:
            raise ConfigError(findings.problems, loaded.document.source)
        changes = difference(old, new)
        revision = Revision(number=number + 1, difference=changes, data=new, **wish.facts())
        return _Decided(
            replace(
                outcome,
                revision=number if wish.dry_run else number + 1,
                created=_creates(edit, old),
                changed=not wish.dry_run,
                warnings=(*outcome.warnings, *findings.warnings),
                difference=changes,
            ),
            loaded,
            revision,
        )

    async def _marked(self, name: str, wish: Wish, state: State, *, excluded: bool) -> Outcome:
        wish.suits(state)
        if state.newest is None or self._known.desired is None:
            raise self._known.unfit or StoreDown("no configuration was accepted yet")
        newest, marks = state.newest, {mark: state.marks[mark] for mark in state.marks if mark != name}
        predictors = newest.data.get("predictors", {})
        if name not in predictors and (excluded or name not in state.marks):
            raise NotFound(f"there is no predictor of this name; {nearest(name, predictors)}")
        if excluded == (name in state.marks):
            return Outcome(newest.number, dry_run=wish.dry_run)
        if excluded:
            marks[name] = Mark(name, **wish.facts())
        loaded = await self._fitting(newest, marks, name if excluded else "")
        if not wish.dry_run:
            done = self._store.mark(marks[name], state.turn) if excluded else self._store.unmark(name, state.turn)
            await done
            await self._known.become(State(state.turn + 1, newest, marks), loaded)
        return Outcome(newest.number, changed=not wish.dry_run, dry_run=wish.dry_run, warnings=tuple(loaded.warnings))

    async def _fitting(self, newest: Revision, marks: dict[str, Mark], excluded: str) -> Loaded:
        """The newest revision, sound with these marks."""
        try:
            return await self._known.in_thread(lambda: self._around.load(newest.data, list(marks)))
        except ConfigError as exc:
            if not excluded or self._known.unfit:
                raise
            wrong = "; ".join(map(str, exc.problems))
            raise InUse(f"{excluded} cannot be excluded: {wrong}", exc.problems) from None


def _creates(edit: Edit, old: dict[str, Any]) -> bool:
    """Whether an edit puts something under a name that was not there."""
    if edit.puts is None:
        return False
    section, name = edit.puts
    return name not in old.get(section, {})
