"""Waiting for what is started by callbacks."""

from __future__ import annotations

import asyncio
import gc

import pytest

from plait.errors import PlaitError, TimedOut
from plait.nodes.drive import Drive
from plait.nodes.waiter import Waiter
from plait.types import Message


class Deaf:
    """A sink to which nothing may come."""

    def answered(self, index: int, message: Message) -> None:
        raise AssertionError(message)

    def failed(self, index: int, error: PlaitError) -> None:
        raise AssertionError(error)


async def wait(waiter: Waiter) -> Message:
    return await waiter.future


async def test_a_failure_of_which_nobody_hears_because_all_was_stopped_is_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    waiter = Waiter()
    drive = Drive(wait(waiter), Deaf(), 0)
    drive.go_on()
    waiter.failed(0, TimedOut("too late"))
    drive.cancel()
    del waiter, drive
    await asyncio.sleep(0)
    gc.collect()
    assert not caplog.records
