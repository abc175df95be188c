"""From a change that a request asks for to its answer: decided by the ledger, then waited for until the workers here run it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from plait.control.api.answers import value
from plait.control.api.gate import told
from plait.control.api.preconditions import etag, matched
from plait.control.errors import Stale
from plait.errors import ConfigError

if TYPE_CHECKING:
    from plait.control.api.asked import Change
    from plait.control.api.terms import Desk
    from plait.control.merge import Edit
    from plait.control.outcome import Outcome


class Changing:
    """One change.

    Args:
        desk: Who is asked.
        request: The request.
        change: What it says beside its body.
    """

    def __init__(self, desk: Desk, request: Request, change: Change) -> None:
        self._desk = desk
        self._request = request
        self._change = change
        told(request.scope, author=change.who, reason=change.reason)

    async def propose(self, edit: Edit) -> Response:
        """Have the ledger decide on an edit."""
        change, ledger = self._change, self._desk.ledger
        if_match = await self._if_match()
        proposed = ledger.propose(edit, author=change.author, reason=change.reason, if_match=if_match, dry_run=change.dry_run)
        return await self.answer(await self._counted(proposed))

    async def activate(self, number: int, reason: str) -> Response:
        """Have an old revision's content become a new one."""
        change, ledger = self._change, self._desk.ledger
        if_match = await self._if_match()
        why = change.reason or reason
        told(self._request.scope, reason=why)
        proposed = ledger.activate(number, author=change.author, reason=why, if_match=if_match, dry_run=change.dry_run)
        return await self.answer(await self._counted(proposed))

    async def mark(self, name: str, reason: str, *, excluded: bool) -> Outcome:
        """Have a predictor excluded or included."""
        change, ledger = self._change, self._desk.ledger
        if_match = await self._if_match()
        why = change.reason or reason
        told(self._request.scope, reason=why)
        act = ledger.exclude if excluded else ledger.include
        return await self._counted(act(name, author=change.author, reason=why, if_match=if_match, dry_run=change.dry_run))

    async def answer(self, outcome: Outcome) -> Response:
        """Wait until the workers here run it, and say so; 202 names those that do not yet."""
        pending = await self.live(outcome)
        facts = {
            "revision": outcome.revision,
            "dry_run": outcome.dry_run,
            "difference": list(outcome.difference),
            "warnings": [*outcome.warnings, *(self._errors() if pending else ())],
            "pending": pending,
        }
        done = 201 if outcome.created and not outcome.dry_run else 200
        return value(facts, 202 if pending else done, {"ETag": etag(outcome.revision)})

    async def live(self, outcome: Outcome) -> list[int]:
        """Wait until the workers here run what was decided; the numbers of those that are not there in time."""
        facts = {"code": "checked"} if outcome.dry_run else {"revision": outcome.revision}
        told(self._request.scope, changed=True, **facts)
        if outcome.dry_run:
            return []
        return await self._desk.plant.running(self._desk.terms.patience)

    async def _if_match(self) -> int | None:
        """The revision that must be active; of one that is not known here yet, the store is asked."""
        ledger, wanted = self._desk.ledger, self._change.if_match
        try:
            return matched(wanted, ledger.active.number)
        except Stale:
            if not await ledger.look():
                raise
        return matched(wanted, ledger.active.number)

    def _errors(self) -> list[str]:
        """Why workers cannot run what they were told to."""
        return [f"worker {state.worker}: {state.error}" for state in self._desk.plant.workers() if state.error]

    async def _counted(self, proposed: Awaitable[Outcome]) -> Outcome:
        try:
            outcome = await proposed
        except ConfigError:
            self._desk.count("api", "refused")
            raise
        if not outcome.dry_run:
            self._desk.count("api", "accepted")
        return outcome
