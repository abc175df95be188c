"""plait explain: the graphs of a file as trees or pictures."""

from __future__ import annotations

import json
import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.options import File
from plait.cli.printable import printable

if TYPE_CHECKING:
    from plait.graph.spec import Config


class Format(StrEnum):
    """The forms that a graph can be shown in."""

    text = "text"
    mermaid = "mermaid"
    svg = "svg"
    json = "json"


def explain(
    file: File,
    form: Annotated[
        Format, typer.Option("--format", help="How to show it: a tree, a mermaid flowchart, a picture, or JSON.")
    ] = Format.text,
    graph: Annotated[str | None, typer.Option(help="Only this graph.")] = None,
) -> None:
    """Show what a file composes: each graph with its nodes, route, timeouts and addresses, as text or as a picture."""
    from plait.errors import StartError  # noqa: PLC0415 - commands import when they run
    from plait.graph.hints import nearest  # noqa: PLC0415
    from plait.graph.load import load_checked  # noqa: PLC0415

    config = load_checked(file, os.environ).config
    if graph is not None and graph not in config.graphs:
        raise StartError(f"there is no graph {graph}; {nearest(graph, config.graphs)}")
    names = [graph] if graph is not None else list(config.graphs)
    print(_explained(form, config, names))  # noqa: T201


def _explained(form: Format, config: Config, names: list[str]) -> str:
    from plait.graph.draw import draw_mermaid, draw_svg  # noqa: PLC0415
    from plait.graph.explain import explain_json, explain_text  # noqa: PLC0415

    match form:
        case Format.text:
            return printable("\n\n".join(explain_text(config, name) for name in names))
        case Format.mermaid:
            return draw_mermaid(config, names)
        case Format.svg:
            return draw_svg(config, names)
        case Format.json:
            return json.dumps({name: explain_json(config, name) for name in names}, indent=2)
