"""The one place where changes are decided: which revision is active, what may follow it, and who was first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec

from plait.control.candidate import Surroundings
from plait.control.deciding import Deciding, Wish
from plait.control.errors import StoreDown
from plait.control.files import digest
from plait.control.known import Known, Last
from plait.control.marks import Marks
from plait.control.merge import Edit
from plait.control.outcome import Before, Changed, Desired, Outcome, nobody_told, nothing_found
from plait.control.permitted import kept
from plait.control.revisions import Entry, Revision
from plait.control.store.store import Store
from plait.errors import ConfigError, NotFound, StartError
from plait.graph.document import Document
from plait.graph.services import services, without_file
from plait.graph.spec import Config
from plait.graph.text import Kind, parse

T = TypeVar("T")

EVERY = 0.5
"""Seconds after which a store that others share is looked at again."""
FILE, START = "file", "start"

_log = logging.getLogger("plait")


class Ledger:
    """Decides on changes one after the other, each on the newest revision, and keeps them in the store.

    What is active is known without the store, so that reading goes on while that is down; changes then fail with `StoreDown`. A
    change whose caller goes away is still brought to its end.

    Args:
        store: Where revisions are kept.
        around: The environment's variables, the folder of relative paths, and what the configuration is called.
        proxy: Which proxy this is, to tell whose file was taken in.
        before: Looks at each configuration before it becomes a revision.
        changed: Is told what the workers here should run.
        last: What ran here last: a store that nobody shares, and that was lost or put back meanwhile, is given it again, so that
            numbers never fall.
    """

    def __init__(
        self,
        store: Store,
        around: Surroundings,
        proxy: str,
        *,
        before: Before = nothing_found,
        changed: Changed = nobody_told,
        last: Last | None = None,
    ) -> None:
        self._store = store
        self._around = around
        self._proxy = proxy
        self._known = Known(store, around, changed, last)
        self._deciding = Deciding(store, self._known, around, before)
        self._tasks: set[asyncio.Task[Any]] = set()

    # What is known, without waiting.

    @property
    def active(self) -> Revision:
        """The newest revision.

        Raises:
            StoreDown: If the store could not be read yet, or has none.
        """
        newest = self._known.newest
        if newest is None:
            raise StoreDown(self._store.failure or "no configuration was accepted yet")
        return newest

    @property
    def marks(self) -> Marks:
        """The predictors that are excluded."""
        return self._known.state.marks if self._known.state else {}

    @property
    def desired(self) -> Desired:
        """What the workers here should run: the active revision, or the one before where that cannot run here.

        Raises:
            StoreDown: If nothing is known yet.
            ConfigError: If there is none that can run here.
        """
        if self._known.desired is None:
            raise self._known.unfit or StoreDown(self._store.failure or "no configuration was accepted yet")
        return self._known.desired

    @property
    def config(self) -> Config:
        """The configuration of `desired`, in which excluded predictors are as the file says."""
        return self.desired.loaded.config

    @property
    def unfit(self) -> ConfigError | None:
        """Why the active revision cannot run here, if so: a variable or a file that is missing on this machine."""
        return self._known.unfit

    # Reading the store.

    async def open(self) -> None:
        """Read what is active.

        Raises:
            StoreDown: If the store does not answer; `look` and `follow` try it again.
        """
        await self._finished(self._deciding.refresh())

    async def look(self) -> bool:
        """See whether somebody else has changed something, or the store is back.

        Returns:
            Whether there was news.

        Raises:
            StoreDown: If it does not answer.
        """
        state = self._known.state
        if state is not None and not self._known.doubtful:
            if not self._store.shared and not self._store.failure:
                return False
            if await self._store.turn() == state.turn:
                return False
        await self._finished(self._deciding.refresh())
        return self._known.state != state

    async def follow(self, every: float = EVERY) -> None:
        """Look again and again, for good; whether the store answers is logged when that changes."""
        down = False
        while True:
            try:
                await self.look()
                if down:
                    _log.info("the store answers again")
                down = False
            except StoreDown as exc:
                if not down:
                    _log.warning("%s; what runs goes on, and it is tried again", exc.detail)
                down = True
            await asyncio.sleep(every)

    async def history(self, before: int | None, limit: int) -> list[Entry]:
        """Revisions without their data, the newest first, from the one before a number on."""
        return await self._store.history(before, limit)

    async def revision(self, number: int) -> Revision:
        """A revision whole.

        Raises:
            NotFound: If there is none of this number, or none any more.
        """
        if self._known.newest is not None and number == self._known.newest.number:
            return self._known.newest
        found = await self._store.revision(number)
        if found is None:
            raise NotFound("there is no revision of this number, or none any more")
        return found

    # Changes.

    async def propose(
        self, edit: Edit, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome:
        """Make a new revision by an edit, which is applied to the newest one, anew whenever somebody else was first.

        Args:
            edit: What changes.
            author: Who wants it.
            reason: Why.
            if_match: The revision that must be active, for the edit to be made at all.
            dry_run: Only check it.

        Raises:
            ConfigError: With every problem; `NotPermitted` if only the file may say so.
            InUse: If something is removed that others need.
            NotFound: If something is to be removed that is not there.
            Stale: If another revision is active than must be.
            StoreDown: If it cannot be kept.
        """
        return await self._finished(self._deciding.propose(edit, Wish(author, reason, if_match, dry_run)))

    async def activate(
        self, number: int, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome:
        """Make a new revision of an old one's content; of `server`, what only the file says stays as it is.

        Raises:
            NotFound: If there is no revision of this number.
        """
        old = await self.revision(number)
        edit = Edit(lambda data: kept(old.data, data), file=True)
        return await self._finished(self._deciding.propose(edit, Wish(author, reason, if_match, dry_run)))

    async def take_file(self, text: bytes, kind: Kind, source: str) -> Outcome | None:
        """Take in the file, if it has something to say.

        Args:
            text: What it says.
            kind: What it is written in.
            source: What it is called in problems.

        Returns:
            What came of it; none if it is the one that was last taken in, here or anywhere.

        Raises:
            ConfigError: With every problem; then nothing has changed.
            StoreDown: If it cannot be kept; it has to be taken in again.
        """
        return await self._finished(self._deciding.take(digest(text), self._proxy, lambda: parse(text, kind, source), FILE))

    async def take_services(self) -> Outcome | None:
        """Take in what the environment says, where there is no file: as with a file, if it is not what was last taken in.

        Raises:
            StartError: If it names no predictor, and nothing is active.
        """
        urls, warnings = services(self._around.environ)
        if not any(urls.values()):
            if self._known.newest is not None:
                return None
            missing = "there is neither a file nor a SERVICE_<NAME>=host:port variable to say which predictors there are"
            raise StartError("; ".join([missing, *warnings]))
        data = without_file(urls)
        document = Document("SERVICE_<NAME>", data)
        return await self._finished(self._deciding.take(digest(msgspec.json.encode(data)), self._proxy, lambda: document, START))

    async def exclude(
        self, name: str, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome:
        """Exclude a predictor until it is included again.

        Raises:
            NotFound: If there is none of this name.
            InUse: If a graph cannot do without it.
            Stale: If another revision is active than must be.
            StoreDown: If it cannot be kept.
        """
        return await self._finished(self._deciding.remark(name, Wish(author, reason, if_match, dry_run), excluded=True))

    async def include(
        self, name: str, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome:
        """Take a predictor in again.

        Raises:
            NotFound: If there is none of this name.
            ConfigError: If it does not fit to what changed meanwhile.
            Stale: If another revision is active than must be.
            StoreDown: If it cannot be kept.
        """
        return await self._finished(self._deciding.remark(name, Wish(author, reason, if_match, dry_run), excluded=False))

    async def close(self) -> None:
        """Bring what was begun to its end, and close the store."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._known.close()
        await self._store.close()

    async def _finished(self, work: Coroutine[Any, Any, T]) -> T:
        """What came of some work, which goes on to its end if the caller does not wait for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked has heard of it, or has gone
