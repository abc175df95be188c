"""Active probes: each replica is asked at intervals whether it is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.upstream.copy import Later
from plait.upstream.enquiry import Enquiry

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.clock import Clock
    from plait.spec.policies import HealthSpec
    from plait.upstream.balance import Draw, Replica
    from plait.upstream.enquiry import Answer
    from plait.upstream.peer import Peer

_GOOD = range(200, 300)
JITTER = 0.1
"""Share by which intervals vary, so that proxies do not ask in step."""


class Probes:
    """Asks one replica again and again, until it leaves.

    Args:
        spec: What to ask, and how often.
        clock: The worker's clock.
        timeout: Seconds that an answer may take.
        draw: Where chance comes from.
        told: Hears of each probe whether it was good.
    """

    __slots__ = ("_clock", "_draw", "_running", "_spec", "_timeout", "_told")

    def __init__(
        self, spec: HealthSpec, clock: Clock, timeout: float, draw: Draw, told: Callable[[Replica[Peer], bool], None]
    ) -> None:
        self._spec = spec
        self._clock = clock
        self._timeout = min(timeout, spec.interval)
        self._draw = draw
        self._told = told
        self._running: dict[Replica[Peer], Enquiry | None] = {}

    def begin(self, replica: Replica[Peer]) -> None:
        """Probe a replica, the first time within an interval."""
        self._running[replica] = None
        self._after(replica, self._spec.interval * self._draw())

    def end(self, replica: Replica[Peer]) -> None:
        """Probe it no more."""
        enquiry = self._running.pop(replica, None)
        if enquiry is not None:
            enquiry.cancel()

    def close(self) -> None:
        """Probe none any more."""
        for replica in tuple(self._running):
            self.end(replica)

    def _after(self, replica: Replica[Peer], seconds: float) -> None:
        self._clock.at(self._clock.now() + seconds, Later(lambda: self._ask(replica)))

    def _ask(self, replica: Replica[Peer]) -> None:
        if replica not in self._running:
            return
        peer = replica.endpoint
        data = f"GET {self._spec.path} HTTP/1.1\r\nHost: {peer.authority}\r\nAccept: */*\r\n\r\n".encode()
        self._running[replica] = enquiry = Enquiry(peer.aside, data, lambda outcome: self._heard(replica, outcome))
        try:
            enquiry.ask(self._clock, self._timeout)
        except PlaitError as exc:
            self._heard(replica, exc)

    def _heard(self, replica: Replica[Peer], outcome: Answer | PlaitError) -> None:
        if replica not in self._running:
            return
        self._running[replica] = None
        self._told(replica, not isinstance(outcome, PlaitError) and outcome[0] in _GOOD)
        self._after(replica, self._spec.interval * (1.0 + JITTER * (2.0 * self._draw() - 1.0)))
