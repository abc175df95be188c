"""plait status: what runs."""

from __future__ import annotations

from typing import Annotated

import typer

from plait.cli.options import ADMIN, Admin, AdminCa, Json, TokenFile


def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it anew whenever something happens, until Ctrl-C.")] = False,  # noqa: FBT002 - a flag
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Show the active revision, and what each worker, predictor and graph does: exit code 0 if plait answers, whatever it says."""
    from plait.cli.admin import admin_port, telling  # noqa: PLC0415 - commands import when they run

    port = admin_port(admin, token_file, cacert)
    with telling(as_json=as_json):
        said = port.get("/status")
    if watch:
        from plait.cli.watch import watch as go_on  # noqa: PLC0415

        go_on(port, said.value, as_json=as_json)
    elif as_json:
        print(said.text)  # noqa: T201
    else:
        from plait.cli.overview import overview  # noqa: PLC0415
        from plait.cli.tables import console  # noqa: PLC0415

        console().print(overview(said.value, port.url))
