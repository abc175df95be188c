"""plait jobs: what was asked to be answered later, seen and changed by whoever operates it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from plait.cli.options import ADMIN, Admin, AdminCa, EndedJobs, Graph, Job, Json, Reason, TokenFile, UnfinishedJobs

if TYPE_CHECKING:
    from plait.cli.admin import AdminPort, Said

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

_OF_ONE = (404, 409)
"""Refusals that are about one job, and say nothing of the next."""

app = typer.Typer(help="List, show, cancel and retry jobs.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    pass


@app.command("list", short_help="List jobs.")
def list_jobs(  # noqa: PLR0913, PLR0917 - a command's options
    graph: Graph = None,
    status: Annotated[Status | None, typer.Option(help="Only those with this status.", show_default=False)] = None,
    queue: Annotated[str | None, typer.Option(help="Only those in this queue.", show_default=False)] = None,
    before: Annotated[str | None, typer.Option(help="Only those older than the job with this id.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many to list.")] = 20,
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """List the latest jobs, the newest first: those that wait or run, and those that ended and are kept."""
    import sys  # noqa: PLC0415 - commands import when they run

    from plait.cli.admin import admin_port, telling  # noqa: PLC0415
    from plait.cli.jobs_shown import listed  # noqa: PLC0415
    from plait.cli.printable import printable  # noqa: PLC0415
    from plait.cli.tables import console  # noqa: PLC0415

    port = admin_port(admin, token_file, cacert)
    with telling(as_json=as_json):
        said = port.get("/jobs", graph=graph, status=status, queue=queue, before=before, limit=limit)
    if as_json:
        print(said.text)  # noqa: T201
        return
    console().print(listed(said.value))
    if said.value.get("next"):
        sys.stderr.write(printable(f"there are older ones: --before {said.value['next']}") + "\n")


@app.command(short_help="Show one job.")
def show(
    job: Job,
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Show a job: what has become of it, each call of a predictor that has ended, its answer or why there is none."""
    from plait.cli.admin import admin_port, telling  # noqa: PLC0415 - commands import when they run
    from plait.cli.jobs_shown import whole  # noqa: PLC0415
    from plait.cli.tables import console  # noqa: PLC0415

    port = admin_port(admin, token_file, cacert)
    with telling(as_json=as_json):
        said = port.get(_path(job))
    if as_json:
        print(said.text)  # noqa: T201
    else:
        console().print(whole(said.value), soft_wrap=True)


@app.command(short_help="Cancel jobs.")
def cancel(
    jobs: UnfinishedJobs,
    reason: Reason = "",
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Cancel jobs; their calls stop within seconds. Exit code 1 if one is unknown, or has ended otherwise and stays as it is."""
    from plait.cli.admin import admin_port  # noqa: PLC0415 - commands import when they run

    port = admin_port(admin, token_file, cacert)
    _each(jobs, lambda job: port.change("DELETE", _path(job), {}, reason=reason), _cancelled, as_json=as_json)


@app.command(short_help="Let jobs run again.")
def retry(
    jobs: EndedJobs,
    reason: Reason = "",
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Let jobs run again that failed or were cancelled; what has answered is not asked again. Exit code 1 if one cannot."""
    from plait.cli.admin import admin_port  # noqa: PLC0415 - commands import when they run

    port = admin_port(admin, token_file, cacert)
    _each(jobs, lambda job: _retried(port, job, reason), lambda value: (True, f"is {value.get('status')} again"), as_json=as_json)


def _retried(port: AdminPort, job: str, reason: str) -> Said:
    return port.change("POST", f"{_path(job)}/retry", {"reason": reason}, reason=reason)


def _cancelled(value: Mapping[str, Any]) -> tuple[bool, str]:
    status = value.get("status")
    return (True, "is cancelled") if status == "cancelled" else (False, f"had ended before: it {_WHAT.get(str(status), status)}")


_WHAT = {"succeeded": "has succeeded", "failed": "has failed"}


def _each(
    jobs: list[str], act: Callable[[str], Said], told: Callable[[Mapping[str, Any]], tuple[bool, str]], *, as_json: bool
) -> None:
    """Do something with each job, and tell of each; exit code 1 if it was not done with all."""
    import sys  # noqa: PLC0415 - commands import when they run

    from plait.cli.admin import NotDone, telling  # noqa: PLC0415
    from plait.cli.printable import printable  # noqa: PLC0415

    all_good = True
    for job in jobs:
        with telling(as_json=as_json):
            try:
                said = act(job)
            except NotDone as exc:
                if exc.status not in _OF_ONE:
                    raise
                good, what, text = False, exc.detail, exc.text
            else:
                (good, what), text = told(said.value), said.text
        all_good = all_good and good
        if as_json:
            print(text)  # noqa: T201
        else:
            line = printable(f"job {job} {what}" if good else f"plait: job {job}: {what}")
            print(line, file=sys.stdout if good else sys.stderr)
    if not all_good:
        sys.exit(1)


def _path(job: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - commands import when they run

    return f"/jobs/{quote(job, safe='')}"
