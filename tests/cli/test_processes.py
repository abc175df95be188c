"""Processes that are watched: which end everything, and which begin again."""

from __future__ import annotations

import asyncio

import pytest

from plait.cli.processes import STEADY, Service, Watch, pass_on
from plait.errors import StartError
from plait.testing import run_virtual


class Lasting(Watch):
    """Runs processes that last so many seconds each, and then no more."""

    code = -9

    def __init__(self, services: list[Service], *seconds: float) -> None:
        self.lines: list[str] = []
        super().__init__(services, lambda _, line: self.lines.append(line))
        self.seconds = list(seconds)

    async def _once(self, service: Service) -> int:
        if not self.seconds:
            self.stop()
            return 0
        await asyncio.sleep(self.seconds.pop(0))
        return self.code


def test_a_vital_process_that_ends_soon_after_its_start_ends_everything() -> None:
    watch = Lasting([Service("plait", (), vital=True)], 0.1)
    watch.code = 1
    with pytest.raises(StartError, match=r"^plait could not start \(exit code 1\)$"):
        run_virtual(watch.run())


def test_a_vital_process_that_is_killed_soon_after_its_start_begins_again() -> None:
    watch = Lasting([Service("plait", (), vital=True)], 0.1)
    run_virtual(watch.run())
    assert watch.lines == ["ended with exit code -9; starts again in 0.5 s"]


def test_a_vital_process_that_crashes_after_it_has_run_begins_again() -> None:
    watch = Lasting([Service("plait", (), vital=True)], STEADY, 0.1)
    run_virtual(watch.run())
    assert watch.lines == ["ended with exit code -9; starts again in 0.5 s", "ended with exit code -9; starts again in 1 s"]


def test_a_process_that_keeps_crashing_waits_twice_as_long_each_time_until_it_has_run_for_a_while() -> None:
    watch = Lasting([Service("a", ())], *[0.1] * 8, STEADY)
    run_virtual(watch.run())
    pauses = [float(line.rpartition(" in ")[2].removesuffix(" s")) for line in watch.lines]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 0.5]


async def test_lines_are_passed_on_whole_and_an_endless_one_in_pieces() -> None:
    said: list[str] = []
    output = asyncio.StreamReader()
    for piece in (b"one\ntw", b"o\n", b"x" * 200_000, b"\nlast"):
        output.feed_data(piece)
    output.feed_eof()
    await pass_on(output, said.append)
    assert said[:2] == ["one", "two"]
    assert "".join(said[2:-1]) == "x" * 200_000
    assert len(said) > 4
    assert said[-1] == "last"
