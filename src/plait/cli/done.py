"""Waiting until every worker runs what was changed, and saying so."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from threading import Event
from time import monotonic
from typing import Any, NamedTuple

from plait.cli.admin import AdminPort, NotDone, Said
from plait.cli.printable import printable
from plait.errors import StartError

WAIT = 30.0
"""Seconds that a command waits for the workers."""
_POLL = 0.2

_ANSWER = 5.0


class Time(NamedTuple):
    """How time passes, in seconds."""

    now: Callable[[], float] = monotonic
    pause: Callable[[float], object] = Event().wait


_REAL = Time()


def settle(port: AdminPort, said: Said, time: Time = _REAL) -> bool:
    """Print warnings of a change, and wait for its workers; whether all of them run it."""
    for warning in said.value.get("warnings") or ():
        sys.stderr.write(printable(f"warning: {warning}") + "\n")
    revision = said.value.get("revision")
    if not said.value.get("pending") or not isinstance(revision, int):
        return True
    if not (late := waited(port, lambda status: behind(status, revision), time)):
        return True
    sys.stderr.write(f"plait: revision {revision} is active, but after {WAIT:.0f} s it does not run everywhere:\n")
    sys.stderr.writelines(printable(f"  {line}") + "\n" for line in late)
    return False


def waited(port: AdminPort, left: Callable[[Mapping[str, Any]], list[str]], time: Time = _REAL) -> list[str]:
    """What is still left to wait for when time is up; nothing, as soon as nothing is."""
    until = time.now() + WAIT
    while True:
        try:
            still = left(port.get("/status", _ANSWER).value)
        except (StartError, NotDone) as exc:  # it may be started again meanwhile
            still = [exc.detail]
        if not still or time.now() >= until:
            return still
        time.pause(_POLL)


def behind(status: Mapping[str, Any], revision: int) -> list[str]:
    """The workers of the plait that was asked which run an older revision, each with the reason if it is known."""
    workers: list[Mapping[str, Any]] = status.get("workers") or []
    found = []
    for worker in workers:
        # Its own come first; those of other proxies may be long gone.
        runs = worker.get("running") or 0 if worker.get("proxy") == workers[0].get("proxy") else revision
        if runs < revision:
            error = f": {worker['error']}" if worker.get("error") else ""
            found.append(f"worker {worker.get('worker', '?')} runs revision {runs}{error}")
    return found
