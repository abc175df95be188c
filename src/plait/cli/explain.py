"""plait explain: the graphs of a file as a tree."""

from __future__ import annotations

import json
import os
from enum import StrEnum
from typing import Annotated

import typer

from plait.cli.options import File


class Format(StrEnum):
    """The forms that a graph can be shown in."""

    text = "text"
    json = "json"


def explain(
    file: File,
    form: Annotated[Format, typer.Option("--format", help="How to show it.")] = Format.text,
    graph: Annotated[str | None, typer.Option(help="Only this graph.")] = None,
) -> None:
    """Show what a file composes: each graph as a tree, with routes, timeouts and addresses."""
    from plait.errors import StartError  # noqa: PLC0415 - commands import when they run
    from plait.graph.explain import explain_json, explain_text  # noqa: PLC0415
    from plait.graph.hints import nearest  # noqa: PLC0415
    from plait.graph.load import load_checked  # noqa: PLC0415

    config = load_checked(file, os.environ).config
    if graph is not None and graph not in config.graphs:
        raise StartError(f"there is no graph {graph}; {nearest(graph, config.graphs)}")
    names = [graph] if graph is not None else list(config.graphs)
    if form is Format.json:
        print(json.dumps({name: explain_json(config, name) for name in names}, indent=2))  # noqa: T201
    else:
        print("\n\n".join(explain_text(config, name) for name in names))  # noqa: T201
