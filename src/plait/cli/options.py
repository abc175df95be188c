"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

ADMIN = "http://127.0.0.1:9001"
"""Where the admin port is, unless something else is said."""
_LONGEST_REASON = 500


def _predictors(ctx: typer.Context, incomplete: str) -> list[str]:
    from plait.cli.complete import predictors  # noqa: PLC0415 - only a shell that completes asks

    return predictors(ctx.params, incomplete)


def _revisions(ctx: typer.Context, incomplete: str) -> list[str]:
    from plait.cli.complete import revisions  # noqa: PLC0415 - only a shell that completes asks

    return revisions(ctx.params, incomplete)


def _graphs(ctx: typer.Context, incomplete: str) -> list[str]:
    from plait.cli.complete import graphs  # noqa: PLC0415 - only a shell that completes asks

    return graphs(ctx.params, incomplete)


def _jobs(*statuses: str) -> Callable[[typer.Context, str], list[tuple[str, str]]]:
    def found(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
        from plait.cli.complete import jobs  # noqa: PLC0415 - only a shell that completes asks

        return jobs(ctx.params, incomplete, statuses)

    return found


def _reason(text: str) -> str:
    if len(text) > _LONGEST_REASON:
        raise typer.BadParameter(f"has more than {_LONGEST_REASON} characters")
    return text


File = Annotated[Path, typer.Argument(help="The file: YAML, JSON or TOML.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Predictor = Annotated[str, typer.Argument(metavar="PREDICTOR", help="The predictor's name.", autocompletion=_predictors)]
Number = Annotated[int | None, typer.Argument(min=1, metavar="[REVISION]", help="Its number.", autocompletion=_revisions)]
Graph = Annotated[str | None, typer.Option(help="Only those of this graph.", autocompletion=_graphs, show_default=False)]
Job = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.", autocompletion=_jobs())]
UnfinishedJobs = Annotated[
    list[str], typer.Argument(metavar="JOB...", help="Their ids.", autocompletion=_jobs("queued", "running"))
]
EndedJobs = Annotated[list[str], typer.Argument(metavar="JOB...", help="Their ids.", autocompletion=_jobs("failed", "cancelled"))]
Reason = Annotated[
    str, typer.Option(callback=_reason, help="Why, for whoever reads the revisions and the audit log.", show_default=False)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only check, and show what would change.")]
Admin = Annotated[str, typer.Option("--admin", envvar="PLAIT_ADMIN_URL", help="Where the admin port is.")]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        help="The file with the admin port's token; wins over the variable PLAIT_ADMIN_TOKEN.", show_default=".plait/admin.token"
    ),
]
AdminCa = Annotated[
    Path | None,
    typer.Option("--cacert", help="The certificates that vouch for an https admin port's.", show_default="those the system trusts"),
]
