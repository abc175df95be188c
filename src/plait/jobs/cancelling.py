"""Cancel a job, and have its sink hear of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.jobs.ending import notice
from plait.jobs.parts import told
from plait.jobs.records import CANCELLED

if TYPE_CHECKING:
    from plait.jobs.keeping import Keeping
    from plait.jobs.records import Outgoing, StoredJob


async def cancelled(keeping: Keeping, job: str, client: str | None) -> tuple[StoredJob | None, list[Outgoing]]:
    """The job as it is then, if there is one, and what is newly promised to a sink: to whoever sends, if somebody does here.

    Where nobody does, whoever else lives sends it. Cancelled twice, it is promised once.

    Args:
        keeping: The store.
        job: Its id.
        client: Whose it must be; anybody's without.

    Raises:
        StoreDown: If the store cannot be asked; the job may be cancelled all the same.
    """
    found = await keeping.cancel(job, client)
    if found is None or found.status != CANCELLED or found.notify is None:
        return found, []
    message = notice(found.notify, found, map(told, await keeping.parts(job)))
    (new,) = await keeping.promise([message])
    return found, [message] if new else []
