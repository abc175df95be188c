"""What the admin API needs of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from plait.control.marks import Mark
from plait.control.merge import Edit
from plait.control.outcome import Outcome
from plait.control.revisions import Entry, Revision
from plait.graph.spec import Config


class Ledger(Protocol):
    """Where changes are decided."""

    @property
    def active(self) -> Revision: ...
    @property
    def config(self) -> Config: ...
    @property
    def marks(self) -> Mapping[str, Mark]: ...

    async def propose(
        self, edit: Edit, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome: ...
    async def exclude(
        self, name: str, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome: ...
    async def include(
        self, name: str, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome: ...
    async def activate(
        self, number: int, *, author: str, reason: str = "", if_match: int | None = None, dry_run: bool = False
    ) -> Outcome: ...
    async def look(self) -> bool: ...
    async def history(self, before: int | None, limit: int) -> Sequence[Entry]: ...
    async def revision(self, number: int) -> Revision: ...
