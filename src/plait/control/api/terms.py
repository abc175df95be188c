"""What the admin API is told when it starts, and what it works with."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plait.control.bus import Bus
from plait.control.jobs import Jobs
from plait.control.totals import Totals

if TYPE_CHECKING:
    from plait.control.api.ledger import Ledger
    from plait.control.audit import Audit
    from plait.control.plant import Plant

PATIENCE = 5.0
"""Seconds that a change waits until the workers here run it."""
DRAIN = 30.0
"""Seconds that `:drain` waits until nothing is in flight."""
BEAT = 10.0
"""Seconds of silence after which a stream of events says that it still stands."""
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for as long as the process lives.

    Args:
        token: What clients must bring.
        hosts: The names that a Host field may have; None for any.
        open_metrics: Whether `/metrics` needs no token.
        proxy: What this plait is called among those that share a store.
        patience: Seconds that a change waits for the workers here.
        drain: Seconds that `:drain` waits for calls in flight.
        beat: Seconds between signs of life in a stream of events.
    """

    token: str = field(repr=False)
    hosts: frozenset[str] | None = None
    open_metrics: bool = False
    proxy: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    patience: float = PATIENCE
    drain: float = DRAIN
    beat: float = BEAT


@dataclass(frozen=True, slots=True)
class Known:
    """What others know, for `/status`, `/metrics` and `/feedback`.

    Args:
        file: The watched file: path, state, problems, and since when; None without one.
        store: Whether the store answers, what it is, and what is wrong.
        proxies: What the workers of all proxies that share the store run, as they last said; of this one they are known anyway.
        versions: By predictor, the version that it should be of, and what its `/metadata` says.
        accuracy: By predictor, what feedback found.
        rollout: How the newest revision does, if it is watched.
        feedback: Takes the true answer of a request.
        changes: How often changes from a source had an outcome.
    """

    file: Callable[[], Mapping[str, Any] | None] = lambda: None
    store: Callable[[], Mapping[str, Any]] = lambda: {"ok": True, "kind": "sqlite", "error": None}
    proxies: Callable[[], Awaitable[list[dict[str, Any]]]] | None = None
    versions: Callable[[], Mapping[str, Mapping[str, Any]]] = dict
    accuracy: Callable[[], Mapping[str, Mapping[str, Any]]] = dict
    rollout: Callable[[], Mapping[str, Any] | None] = lambda: None
    feedback: Callable[[str, Any], Awaitable[Mapping[str, Any] | None]] | None = None
    changes: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """Who is asked by the routes.

    Args:
        ledger: Where changes are decided.
        plant: The workers here.
        bus: Where events are told.
        audit: Where changes and refusals are written down.
        terms: What holds.
        known: What others know.
        totals: What workers have counted.
        jobs: The jobs of all.
    """

    ledger: Ledger
    plant: Plant
    bus: Bus
    audit: Audit
    terms: Terms
    known: Known = field(default_factory=Known)
    totals: Totals = field(default_factory=Totals)
    jobs: Jobs = field(default_factory=Jobs)

    def count(self, source: str, outcome: str) -> None:
        """A change from a source has had an outcome."""
        changes = self.known.changes
        changes[source, outcome] = changes.get((source, outcome), 0) + 1


def own_hosts(host: str) -> frozenset[str] | None:
    """The names by which a server that listens there may be asked; None if those are not known: it is open to other machines."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return frozenset((*_LOCAL, host)) if host == "localhost" else None
    return frozenset((*_LOCAL, host)) if address.is_loopback else None
