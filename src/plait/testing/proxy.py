"""A proxy between plait and a predictor whose faults can be switched while it runs."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from plait.testing.faults.fault import Fault
from plait.testing.link import Link

HOST = "127.0.0.1"
NONE = Fault()


class FaultProxy:
    """Passes bytes between those who connect to a free port of 127.0.0.1 and a predictor, well or badly.

    A new fault holds for connections that stand as for those to come, from the next bytes that arrive; what an earlier fault held
    back is passed on at once. A client that closes its side has left: both sides of its connection end.

    Args:
        target: The predictor's URL. One that cannot be reached shows as a reset.

    `connections` counts those that came, `open` those that stand; `sent` counts the bytes that the predictor got, `received` those
    that its callers got.
    """

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        if self._target.hostname is None:
            raise ValueError(f"{target!r} is no URL with a host, such as http://127.0.0.1:8000")
        self.changed = asyncio.Event()
        self.connections = 0
        self.sent = 0
        self.received = 0
        self.port = 0
        self._fault: Fault = NONE
        self._special: dict[int, Fault] = {}
        self._links: dict[asyncio.Task[None], Link] = {}
        self._failed: list[BaseException] = []
        self._gone = asyncio.Event()
        self._address: tuple[int, Any]
        self._sock: socket.socket | None = None
        self._listening = False

    @property
    def url(self) -> str:
        """The URL to ask instead of the predictor's."""
        return self._target._replace(netloc=f"{HOST}:{self.port}").geturl()

    @property
    def open(self) -> int:
        """Connections that stand."""
        return len(self._links)

    @property
    def fault(self) -> Fault | None:
        """What happens to every connection that has no fault of its own; None for nothing."""
        return None if self._fault is NONE else self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self._fault = fault or NONE
        self._heed()

    def on(self, connection: int, fault: Fault | None) -> None:
        """Give one connection a fault of its own, whether it stands or is still to come; the first one is number 1.

        Raises:
            ValueError: If the fault is of the whole proxy.
        """
        if fault is not None and not fault.listens:
            raise ValueError("Refuse is for the whole proxy: set proxy.fault = Refuse()")
        if fault is None:
            self._special.pop(connection, None)
        else:
            self._special[connection] = fault
        self._heed()

    async def empty(self) -> None:
        """Wait until no connection stands."""
        while self._links:
            self._gone.clear()
            await self._gone.wait()

    async def __aenter__(self) -> Self:
        """Listen, unless the fault is that nobody does."""
        self._address = self._resolved()
        self._sock = self._bound()
        self._heed()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop, and end every connection."""
        self._unbind()
        for task in self._links:
            if not task.cancelling():
                task.cancel()
        await self.empty()
        if self._failed and not isinstance(error, asyncio.CancelledError):
            raise self._failed[0] from error

    # What a connection asks.

    def fault_of(self, number: int) -> Fault:
        """What happens to this connection."""
        return self._special.get(number, self._fault)

    def moved(self, count: int, *, down: bool) -> None:
        """Bytes were passed on."""
        if down:
            self.received += count
        else:
            self.sent += count

    def _resolved(self) -> tuple[int, Any]:
        # Without a thread: on virtual time nobody would know how long to wait for it.
        port = self._target.port or (443 if self._target.scheme == "https" else 80)
        family, _, _, _, address = socket.getaddrinfo(self._target.hostname, port, type=socket.SOCK_STREAM)[0]
        return family, address

    def _heed(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()
        if self._sock is None or self._listening == self._fault.listens:
            return
        if self._listening:
            self._refuse()
        else:
            self._listen(self._sock)

    def _bound(self) -> socket.socket:
        # Bound without listening it refuses, and nobody else can take the port meanwhile.
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.settimeout(0)
        sock.bind((HOST, self.port))
        self.port = sock.getsockname()[1]
        return sock

    def _unbind(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()
        self._listening = False

    def _listen(self, sock: socket.socket) -> None:
        sock.listen(1024)
        asyncio.get_running_loop().add_reader(sock, self._accept, sock)
        self._listening = True

    def _refuse(self) -> None:
        self._unbind()
        for task, link in self._links.items():
            link.reset()
            task.cancel()
        self._sock = self._bound()

    def _accept(self, sock: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):  # whoever came has left again
            client, _ = sock.accept()
            client.settimeout(0)
            self.connections += 1
            link = Link(self, self.connections, client)
            task = asyncio.get_running_loop().create_task(link.run(*self._address))
            self._links[task] = link
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        del self._links[task]
        failed = None if task.cancelled() else task.exception()
        if failed is not None:
            self._failed.append(failed)
        self._gone.set()
