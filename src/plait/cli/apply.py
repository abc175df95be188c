"""plait apply: change a plait that runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.options import ADMIN, Admin, AdminCa, DryRun, Json, Reason, TokenFile
from plait.cli.printable import printable

if TYPE_CHECKING:
    from plait.cli.admin import AdminPort, Said


def apply(  # noqa: PLR0913, PLR0917 - a command's options
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Parts of a file: YAML, JSON or TOML; - is standard input.", allow_dash=True),
    ],
    dry_run: DryRun = False,  # noqa: FBT002 - a flag
    whole: Annotated[bool, typer.Option("--whole", help="Replace the whole configuration: what is not said is gone.")] = False,  # noqa: FBT002
    reason: Reason = "",
    if_match: Annotated[
        int | None, typer.Option(min=1, metavar="REVISION", help="Change nothing unless this one is active.", show_default=False)
    ] = None,
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Change predictors and graphs while requests flow: each one in the files replaces that of its name, null removes it.

    All of it is checked together with what runs, and becomes one new revision, or nothing changes. Exit code 0 once every worker
    runs it, else 1.
    """
    from plait.cli.admin import IN_USE, NotDone, admin_port, telling  # noqa: PLC0415 - commands import when they run
    from plait.cli.partial import read  # noqa: PLC0415

    written = read(files)
    port = admin_port(admin, token_file, cacert)
    method, path = ("PUT", "/config") if whole else ("POST", "/apply")
    with telling(as_json=as_json):
        try:
            said = port.change(method, path, written.data, if_match=if_match, dry_run=dry_run, reason=reason)
        except NotDone as exc:
            if as_json or exc.status == IN_USE or not exc.problems:
                raise
            sys.stderr.write(printable(written.lines(exc.problems)) + "\n")
            sys.exit(1)
    show_change(port, said, as_json=as_json, dry_run=dry_run)


def show_change(port: AdminPort, said: Said, *, as_json: bool, dry_run: bool, note: str = "") -> None:
    """Print what has changed, and wait for the workers: exit code 1 if one does not come to run it."""
    from plait.cli.difference import show_difference  # noqa: PLC0415 - commands import when they run
    from plait.cli.done import settle  # noqa: PLC0415

    entries, revision = said.value.get("difference"), said.value.get("revision")
    if as_json:
        print(said.text)  # noqa: T201
    else:
        show_difference(entries)
    live = settle(port, said)
    if not as_json and live:
        print(_outcome(revision, dry_run=dry_run, changed=bool(entries), note=note))  # noqa: T201
    if not live:
        sys.exit(1)


def _outcome(revision: object, *, dry_run: bool, changed: bool, note: str) -> str:
    if not changed:
        return f"nothing changes: revision {revision} says all of it"
    return f"this would be taken; revision {revision} stays active" if dry_run else f"revision {revision} is live{note}"
