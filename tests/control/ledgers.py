"""Ledgers for tests: on a store in a folder, with what they tell kept in a list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from plait.control.candidate import Surroundings
from plait.control.known import Last
from plait.control.ledger import Ledger
from plait.control.outcome import Before, Desired, Outcome, nothing_found
from plait.control.store.open import FILE
from plait.control.store.store import Store
from plait.database.sqlite import Sqlite

FILE_TEXT = b"""\
predictors:
  a: {url: "http://a"}
  b: {url: "http://b", headers: {authorization: "Bearer b"}}
graphs:
  predict: {parallel: [a, b]}
"""


def sqlite(folder: Path) -> Store:
    """A store in a folder."""
    return Store(Sqlite(folder / FILE, patience=0.2), shared=False)


@asynccontextmanager
async def ledger(
    folder: Path,
    *,
    store: Store | None = None,
    environ: Mapping[str, str] | None = None,
    proxy: str = "one",
    before: Before = nothing_found,
    told: list[Desired] | None = None,
    opened: bool = True,
    last: Last | None = None,
) -> AsyncIterator[Ledger]:
    """A ledger, opened unless it is said not to be; what it tells is added to `told`."""

    async def added(desired: Desired) -> None:
        if told is not None:
            told.append(desired)

    around = Surroundings(environ or {}, folder)
    made = Ledger(store or sqlite(folder), around, proxy, before=before, changed=added, last=last)
    try:
        if opened:
            await made.open()
        yield made
    finally:
        await made.close()


async def begun(ledger: Ledger, text: bytes = FILE_TEXT) -> Outcome:
    """The first revision, by a file."""
    outcome = await ledger.take_file(text, "yaml", "plait.yaml")
    assert outcome is not None
    return outcome
