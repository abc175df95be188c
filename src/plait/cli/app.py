"""All commands, in the order of the help."""

from __future__ import annotations

from typing import Annotated

import typer

from plait import __version__
from plait.cli import (
    apply,
    call,
    check,
    demo,
    drain,
    exclude,
    explain,
    import_graph,
    include,
    jobs,
    predictor,
    revisions,
    rollback,
    schema,
    serve,
    status,
    up,
)

app = typer.Typer(
    help="plait composes model services, in series and in parallel, into one endpoint.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help starts three times as fast
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - the form of a typer callback
    if wanted:
        typer.echo(f"plait {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,  # noqa: FBT002
) -> None:
    pass


for _command, _short in (
    (demo.demo, "Run an example: predictors, proxy, answers."),
    (up.up, "Run a file's predictors and its proxy here."),
    (serve.serve, "Serve the graphs of a file."),
    (predictor.predictor, "Serve one model."),
    (check.check, "Find everything that is wrong with a file."),
    (explain.explain, "Show the graphs of a file."),
    (schema.schema, "Print the JSON Schema of the file."),
    (call.call, "Ask a graph and print its answer."),
    (status.status, "Show what runs."),
    (apply.apply, "Change what runs."),
    (revisions.revisions, "List what was changed."),
    (rollback.rollback, "Go back to an earlier revision."),
    (drain.drain, "Take a predictor out, and wait for its calls."),
    (exclude.exclude, "Take a predictor out."),
    (include.include, "Take a predictor in again."),
):
    app.command(short_help=_short)(_command)
app.add_typer(jobs.app, name="jobs", short_help="See and change what is answered later.")
app.add_typer(import_graph.app, name="import", short_help="Make a file of another system's.")
