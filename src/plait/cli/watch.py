"""`plait status --watch`: the status anew whenever something happens."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread
from typing import Any

from rich.console import Group
from rich.live import Live

from plait.cli.admin import AdminPort
from plait.cli.http import lines
from plait.cli.overview import overview
from plait.cli.printable import printable
from plait.cli.tables import cell, console
from plait.errors import PlaitError, StartError

_QUIET = 60.0
"""Seconds without a word from the stream of events, which has one more often, until it is opened anew."""
_LOOK = 1.0
"""Seconds between two looks where somebody looks on, and until a plait that does not answer is asked again."""


def watch(port: AdminPort, first: dict[str, Any], *, as_json: bool) -> None:
    """Show a status, and each that follows it, until Ctrl-C."""
    happened = Event()
    Thread(target=_listen_on, args=(port, happened), daemon=True).start()
    with suppress(KeyboardInterrupt):
        if as_json or not sys.stdout.isatty():
            _print(port, first, statuses(port, happened), as_json=as_json)
        else:
            _redraw(port, first, statuses(port, happened, _LOOK))


def statuses(port: AdminPort, happened: Event, every: float | None = None) -> Iterator[dict[str, Any] | str]:
    """The status, or why there is none, after each event, and at the latest after so many seconds.

    Raises:
        NotDone: If it is refused.
    """
    while True:
        happened.wait(every)
        happened.clear()
        try:
            yield port.get("/status").value
        except StartError as exc:  # it may be started again
            yield exc.detail


def listen(port: AdminPort, happened: Event) -> None:
    """Set `happened` at every event, and when the stream of them has begun and has ended."""
    with suppress(PlaitError), port.events(_QUIET) as response:  # whoever waits for events asks, and is told the same
        happened.set()
        for line in lines(response, port.url):
            if line.startswith(b"data"):
                happened.set()
    happened.set()


def _listen_on(port: AdminPort, happened: Event) -> None:
    pause = Event().wait
    while True:
        listen(port, happened)
        pause(_LOOK)


def _print(port: AdminPort, first: dict[str, Any], latest: Iterator[dict[str, Any] | str], *, as_json: bool) -> None:
    out, before = console(), ""
    for said in _then(first, latest):
        if isinstance(said, str):
            if said != before:
                sys.stderr.write(printable(f"plait: {said}") + "\n")
        elif as_json:
            print(json.dumps(said), flush=True)  # noqa: T201
        else:
            out.print(overview(said, port.url), cell(""))
        before = said if isinstance(said, str) else ""


def _redraw(port: AdminPort, first: dict[str, Any], latest: Iterator[dict[str, Any] | str]) -> None:
    shown = overview(first, port.url)
    with Live(shown, console=console(), auto_refresh=False, screen=True) as live:
        for said in latest:
            shown = shown if isinstance(said, str) else overview(said, port.url)
            live.update(Group(shown, cell(""), cell(said, "bad")) if isinstance(said, str) else shown, refresh=True)


def _then(first: dict[str, Any], latest: Iterator[dict[str, Any] | str]) -> Iterator[dict[str, Any] | str]:
    yield first
    yield from latest
