"""HTTP/1.1 to the letter: every case gets an outcome that is right, all of them in a few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from plait.testing import RawServer
from tests.conformance.case import Case
from tests.conformance.cases import CASES, JUDGED
from tests.conformance.runner import GRAPHS, judge, verdict
from tests.server.serving import Proxy, proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def port() -> AsyncIterator[Proxy]:
    async with proxy({"graphs": GRAPHS}) as served:
        yield served


@pytest.mark.parametrize("case", CASES, ids=[f"{case.section} {case.name}" for case in CASES])
async def test_the_outcome_is_right(port: Proxy, case: Case) -> None:
    found = await verdict(port.port, case)
    assert not found.fault, found


async def test_none_of_at_least_125_is_wrong_when_all_are_asked_at_once(port: Proxy) -> None:
    verdicts = await judge(port.port, JUDGED)
    assert len(verdicts) >= 125
    assert [each for each in verdicts if each.fault] == []


async def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert sorted(names) == sorted(set(names))


async def test_a_server_that_takes_everything_is_found_out() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1 << 16):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" * 2)
            writer.write_eof()

    async with RawServer(script) as server:
        faults = {each.fault for each in await judge(server.port, JUDGED)}
    assert {"allowed are [0, 400]", "it answered a request that was smuggled in", "the connection must go on"} <= faults
