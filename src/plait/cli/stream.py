"""What `plait call --stream` prints: each part as it ends, then the result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import typer

from plait.answer import Answer
from plait.cli.printable import printable
from plait.client.events import read_event
from plait.client.part import Part
from plait.errors import BadAnswer

_SHORT = 100


def show(lines: Iterator[bytes], *, raw: bool) -> Answer:
    """Print a stream while it comes, as it is or for people, and give its answer back.

    Raises:
        PlaitError: The problem that ends the stream.
        BadAnswer: If it is cut short.
    """
    for line in lines:
        if raw:
            typer.echo(line.decode(errors="replace").rstrip("\r\n"))
        event = read_event(line)
        if isinstance(event, Answer):
            return event
        if not raw:
            typer.echo(part_line(event))
    raise BadAnswer("the stream was cut short: it ended without a result")


def part_line(part: Part) -> str:
    """One part on one line: key, status, milliseconds, and the beginning of what it said."""
    said = part.error or "" if part.status != "ok" else _text(part.output)
    return printable(f"{part.key:<16} {part.status:<11} {part.ms:>8.1f} ms  {said}".rstrip())


def _text(output: Any) -> str:
    text = json.dumps(output, ensure_ascii=False)
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
