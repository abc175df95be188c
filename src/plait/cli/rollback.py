"""plait rollback: make what an earlier revision said active again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from plait.cli.options import ADMIN, Admin, AdminCa, DryRun, Json, Number, Reason, TokenFile
from plait.cli.printable import printable

if TYPE_CHECKING:
    from plait.cli.admin import AdminPort


def rollback(
    number: Number = None,
    dry_run: DryRun = False,  # noqa: FBT002 - a flag
    reason: Reason = "",
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Go back to the revision before the active one, or to the one of a number: a new revision with the old content.

    What was excluded stays excluded. Exit code 0 once every worker runs it, else 1.
    """
    from plait.cli.admin import IN_USE, NotDone, admin_port, telling  # noqa: PLC0415 - commands import when they run
    from plait.cli.apply import show_change  # noqa: PLC0415
    from plait.cli.partial import problem_lines  # noqa: PLC0415

    port = admin_port(admin, token_file, cacert)
    with telling(as_json=as_json):
        active, target = _latest(port, number)
        path = f"/revisions/{target}:activate"
        try:
            said = port.change("POST", path, {"reason": reason}, if_match=active, dry_run=dry_run, reason=reason)
        except NotDone as exc:
            if as_json or exc.status == IN_USE or not exc.problems:
                raise
            sys.stderr.write(printable(problem_lines(exc.problems, f"revision {target}")) + "\n")
            sys.exit(1)
    show_change(port, said, as_json=as_json, dry_run=dry_run, note=f": what revision {target} says")


def _latest(port: AdminPort, number: int | None) -> tuple[int, int]:
    """The active revision, and the one to go back to.

    Raises:
        StartError: If there is none before the active one.
    """
    from plait.errors import StartError  # noqa: PLC0415 - commands import when they run

    active, *before = port.newest(2)
    if number is None and not before:
        raise StartError(f"there is no revision before {active} to go back to")
    return active, number or before[0]
