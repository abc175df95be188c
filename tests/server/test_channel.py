"""What a worker hears from its parent, and the parent from it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from plait.clock import Clock
from plait.server.channel import BEATING, PATIENCE, RETIRE, Channel
from plait.server.serve import Worker


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    parent, own = socket.socketpair()
    with parent, own:
        yield parent, own


async def test_the_first_beat_says_that_clients_can_come(pair: tuple[socket.socket, socket.socket]) -> None:
    parent, own = pair
    Channel(own).open(Worker(Clock(asyncio.get_running_loop())))
    assert parent.recv(64) == BEATING


async def test_a_worker_that_is_told_to_leave_is_patient_with_its_clients(pair: tuple[socket.socket, socket.socket]) -> None:
    parent, own = pair
    worker = Worker(Clock(asyncio.get_running_loop()))
    Channel(own).open(worker)
    parent.send(RETIRE)
    await worker.stop.wait()
    assert worker.patience == PATIENCE


async def test_a_worker_ends_when_its_parent_is_gone(pair: tuple[socket.socket, socket.socket]) -> None:
    parent, own = pair
    worker = Worker(Clock(asyncio.get_running_loop()))
    Channel(own).open(worker)
    parent.close()  # with the beat unread, as a parent that is killed leaves it
    await worker.stop.wait()
    assert worker.patience == 0
