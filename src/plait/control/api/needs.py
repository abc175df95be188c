"""What the admin API needs of those who know: the ledger, and who brings workers to what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from plait.control.marks import Mark
from plait.control.merge import Edit
from plait.control.revisions import Entry, Revision
from plait.graph.spec import Config


class Outcome(Protocol):
    """What came of a change."""

    @property
    def revision(self) -> int: ...
    @property
    def created(self) -> bool: ...
    @property
    def warnings(self) -> Sequence[str]: ...
    @property
    def difference(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def dry_run(self) -> bool: ...


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
