"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(help="The file: YAML, JSON or TOML.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
