"""What a worker hears from its parent, and the parent from it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from plait.clock import Clock
from plait.server.channel import PATIENCE, Channel
from plait.server.frames import framed, read
from plait.server.serve import Worker


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    parent, own = socket.socketpair()
    with parent, own:
        yield parent, own


def test_a_place_is_a_number_a_socket_of_clients_and_a_text(pair: tuple[socket.socket, socket.socket], tmp_path: Path) -> None:
    parent, own = pair
    (tmp_path / "text").write_bytes(b"graphs: {}")
    with socket.create_server(("127.0.0.1", 0)) as listener, (tmp_path / "text").open("rb") as text:
        socket.send_fds(parent, [b"12"], [listener.fileno(), text.fileno()])
        place = Channel(own).place()
        assert place is not None
        with place.listener:
            assert (place.number, place.text) == (12, b"graphs: {}")
            assert place.listener.getsockname() == listener.getsockname()
            assert not place.listener.get_inheritable()


@pytest.mark.slow  # it waits for a beat in real time
def test_who_waits_for_a_place_beats_and_gives_up_when_its_parent_has_gone(pair: tuple[socket.socket, socket.socket]) -> None:
    parent, own = pair
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(Channel(own).place)
        beat = read(parent, 10)
        assert beat is not None
        assert beat.kind == "beat"
        parent.close()
        assert waiting.result() is None


@asynccontextmanager
async def opened(own: socket.socket) -> AsyncIterator[Worker]:
    worker = Worker(Clock(asyncio.get_running_loop()))
    Channel(own).open(worker)
    yield worker
    assert worker.hang_up is not None
    await worker.hang_up()


async def test_the_first_word_of_a_worker_is_that_clients_can_come(pair: tuple[socket.socket, socket.socket]) -> None:
    parent, own = pair
    async with opened(own):
        said = await asyncio.to_thread(read, parent, 10)
    assert said is not None
    assert said.kind == "ready"


async def test_a_worker_that_is_told_to_leave_is_patient_with_its_clients(pair: tuple[socket.socket, socket.socket]) -> None:
    parent, own = pair
    async with opened(own) as worker:
        parent.send(framed("retire"))
        await worker.stop.wait()
    assert worker.patience == PATIENCE


async def test_a_worker_ends_when_its_parent_is_gone(pair: tuple[socket.socket, socket.socket]) -> None:
    parent, own = pair
    async with opened(own) as worker:
        await asyncio.to_thread(read, parent, 10)  # the beats stay unread, as a parent that is killed leaves them
        parent.close()
        await worker.stop.wait()
    assert worker.patience == 0
