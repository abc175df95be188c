"""plait import: files of other systems as a file of plait's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from plait.cli.printable import printable

app = typer.Typer(help="Make a file of another system's.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    pass


@app.command(short_help="Make one of a KServe InferenceGraph.")
def kserve(
    file: Annotated[Path, typer.Argument(help="YAML or JSON with one InferenceGraph.", show_default=False)],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where to write.", show_default="standard output")] = None,
) -> None:
    """Make a plait file that answers as KServe's router does; what is not carried over is listed on standard error."""
    from plait.deploy.kserve import import_graph  # noqa: PLC0415 - commands import when they run
    from plait.errors import StartError  # noqa: PLC0415

    made = import_graph(file)
    if output is None:
        sys.stdout.write(made.text)
    else:
        if output.exists() and output.samefile(file):
            raise StartError(f"{output} is what is read; name another file to write")
        try:
            output.write_text(made.text, encoding="utf-8")
        except OSError as exc:
            raise StartError(f"cannot write {output}: {exc.strerror}") from None
    for note in made.notes:
        sys.stderr.write(f"warning: {printable(str(note))}\n")
