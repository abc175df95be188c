"""plait revisions: what was changed, when, by whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from plait.cli.options import ADMIN, Admin, AdminCa, Json, Number, TokenFile
from plait.cli.printable import printable


def revisions(
    number: Number = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many to list.")] = 20,
    file: Annotated[bool, typer.Option("--file", help="Print what it says, as a file; by default the active one.")] = False,  # noqa: FBT002 - a flag
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """List the latest revisions, the active one first, or show one with what it changed."""
    from plait.cli.admin import admin_port, telling  # noqa: PLC0415 - commands import when they run

    port = admin_port(admin, token_file, cacert)
    with telling(as_json=as_json):
        if number is None and file:
            number = port.newest(1)[0]
        said = port.get("/revisions", limit=limit) if number is None else port.get(f"/revisions/{number}")
    if as_json:
        print(said.text)  # noqa: T201
    elif number is None:
        _show_list(said.value)
    elif file:
        _show_file(said.value)
    else:
        _show_one(said.value)


def _show_list(value: Mapping[str, Any]) -> None:
    from plait.cli.tables import console, moment, table  # noqa: PLC0415 - commands import when they run

    rows = [
        (each.get("number"), moment(each.get("created")), each.get("author"), changes(each.get("difference")), each.get("reason"))
        for each in value.get("revisions") or ()
    ]
    console().print(table(("REVISION", "CREATED", "AUTHOR", "CHANGES", "REASON"), rows))


def _show_one(value: Mapping[str, Any]) -> None:
    from plait.cli.difference import show_difference  # noqa: PLC0415 - commands import when they run
    from plait.cli.tables import moment  # noqa: PLC0415

    reason = f": {value['reason']}" if value.get("reason") else ""
    head = f"revision {value.get('number')}, {moment(value.get('created'))}, by {value.get('author')}{reason}"
    print(printable(head))  # noqa: T201
    show_difference(value.get("difference"))


def _show_file(value: Mapping[str, Any]) -> None:
    from plait.graph.yaml_out import write  # noqa: PLC0415 - commands import when they run

    typer.echo(write(value.get("config") or {}), nl=False)


def changes(difference: object) -> str:
    """The first places that a revision changed, and how many more there are."""
    paths = [str(each.get("path")) for each in difference if isinstance(each, dict)] if isinstance(difference, list) else []
    more = f" and {len(paths) - 2} more" if len(paths) > 2 else ""  # noqa: PLR2004 - what fits in a row
    return ", ".join(paths[:2]) + more
