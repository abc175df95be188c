"""Waiting for workers: how long, and what is told when it was too long."""

from __future__ import annotations

import asyncio

import pytest

from plait.cli.admin import AdminPort, Said, Token
from plait.cli.done import WAIT, Time, behind, settle, waited
from tests.cli.typed import admin


class Hours:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.time = Time(lambda: self.seconds, self._pass)

    def _pass(self, seconds: float) -> None:
        self.seconds += seconds


async def test_what_does_not_come_in_time_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    stuck = {"workers": [{"worker": 1, "running": 8}, {"worker": 2, "running": 7, "error": "no module x"}, {"worker": 3}]}
    hours = Hours()
    async with admin({"GET /status": stuck}) as server:
        port = AdminPort(server.url, Token("", ""))
        assert not await asyncio.to_thread(settle, port, Said(202, "", {"revision": 8, "pending": [2, 3]}), hours.time)
    assert WAIT <= hours.seconds - 100 <= WAIT + 1
    assert capsys.readouterr().err.splitlines() == [
        "plait: revision 8 is active, but after 30 s it does not run everywhere:",
        "  worker 2 runs revision 7: no module x",
        "  worker 3 runs revision 0",
    ]


def test_where_nobody_answers_any_more_the_wait_ends_too() -> None:
    hours = Hours()
    [why] = waited(AdminPort("http://127.0.0.1:1", Token("", "")), lambda _: [], hours.time)
    assert why.startswith("no answer from http://127.0.0.1:1/status")


def test_a_worker_that_is_further_on_is_not_behind() -> None:
    assert behind({"workers": [{"worker": 1, "running": 9}]}, 8) == []
    assert behind({}, 8) == []


def test_workers_of_other_proxies_are_not_waited_for() -> None:
    workers = [{"proxy": "here", "worker": 1, "running": 8}, {"proxy": "there", "worker": 1, "running": 2}]
    assert behind({"workers": workers}, 8) == []
