"""Where a predictor answers: replicas that come and go, are probed, and keep connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from plait.upstream.copy import Later
from plait.upstream.names import Names, Resolve, resolve
from plait.upstream.probes import Probes

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.spec.address import Address
    from plait.spec.policies import HealthSpec
    from plait.upstream.balance import Draw, Replica
    from plait.upstream.fleet import Fleet
    from plait.upstream.peer import Peer

Reach = Callable[["Address", str], "Peer"]
"""Makes the peer of an address of the file, at the host or IP that it has at present."""
LEAVING: float = 1.0
"""Seconds between two looks at a replica that has left, until its last call has ended."""


class Replicas:
    """The replicas of one predictor.

    Args:
        name: The predictor's name.
        fleet: Where they are picked from.
        reach: Makes a peer.
        clock: The worker's clock.
    """

    __slots__ = ("_at", "_clock", "_closed", "_leaving", "_name", "_names", "_probes", "_reach", "fleet")

    def __init__(self, name: str, fleet: Fleet[Peer], reach: Reach, clock: Clock) -> None:
        self.fleet = fleet
        self._name = name
        self._reach = reach
        self._clock = clock
        self._names: list[Names] = []
        self._at: dict[tuple[Address, str], Replica[Peer]] = {}
        self._leaving: set[Replica[Peer]] = set()
        self._probes: Probes | None = None
        self._closed = False
        fleet.told = self._told

    def add(self, addresses: Sequence[Address], resolver: Resolve = resolve) -> None:
        """Those of the file; a name that stands for all its addresses is asked for them by `open`."""
        for address in addresses:
            if address.every:
                self._names.append(Names(address.host, address.port, self._resolved(address), resolver))
            else:
                self._come(address, address.host)

    def probe(self, spec: HealthSpec, timeout: float, draw: Draw) -> None:
        """Ask each again and again whether it is well."""
        self._probes = Probes(spec, self._clock, timeout, draw, self._probed)
        for replica in self.fleet.replicas:
            self._probes.begin(replica)

    async def open(self) -> None:
        """Ask for the addresses of names, and keep them fresh from now on."""
        async with asyncio.TaskGroup() as group:
            for names in self._names:
                group.create_task(names.open())

    async def retire(self) -> None:
        """Watch them no more, and keep no connection; calls can still be made."""
        await self._watch_no_more()
        for replica in self.fleet.replicas:
            replica.endpoint.retire()

    async def close(self) -> None:
        """End every probe, question and connection."""
        self._closed = True
        await self._watch_no_more()
        for replica in (*self.fleet.replicas, *self._leaving):
            await replica.endpoint.close()

    async def _watch_no_more(self) -> None:
        for names in self._names:
            await names.close()
        if self._probes is not None:
            self._probes.close()

    def _resolved(self, address: Address) -> Callable[[Sequence[str]], None]:
        def resolved(hosts: Sequence[str]) -> None:
            for host in hosts:
                if (address, host) not in self._at:
                    self._come(address, host)
            for at in [at for at in self._at if at[0] is address and at[1] not in hosts]:
                self._go(at)

        return resolved

    def _come(self, address: Address, host: str) -> None:
        replica = self.fleet.add(self._reach(address, host), self._clock.now())
        self._at[address, host] = replica
        if self._probes is not None:
            self._probes.begin(replica)

    def _go(self, at: tuple[Address, str]) -> None:
        replica = self._at.pop(at)
        if self._probes is not None:
            self._probes.end(replica)
        self.fleet.remove(replica, self._clock.now())
        self._leaving.add(replica)
        self._left(replica)

    def _left(self, replica: Replica[Peer]) -> None:
        """Close the connections of one that has left, once its last call has ended."""
        if self._closed:
            return
        if replica.in_flight:
            self._clock.at(self._clock.now() + LEAVING, Later(lambda: self._left(replica)))
            return
        self._leaving.discard(replica)
        replica.endpoint.retire()

    def _probed(self, replica: Replica[Peer], good: bool) -> None:  # noqa: FBT001 - the one thing that is told
        self.fleet.probed(replica, self._clock.now(), good=good)

    def _told(self, *, panic: bool) -> None:
        count = len(self.fleet.replicas)
        out = sum(replica.health.out for replica in self.fleet.replicas)
        log = logging.getLogger("plait")
        if panic:
            log.warning("predictor %s: %d of %d replicas are unfit, too many to do without: all are asked", self._name, out, count)
        else:
            log.warning("predictor %s: enough replicas are fit again (%d of %d)", self._name, count - out, count)
