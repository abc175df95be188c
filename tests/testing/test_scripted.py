"""Servers that answer by a script."""

from __future__ import annotations

import asyncio

import pytest

from plait.testing import Asked, Close, Hang, Reply, ScriptedServer
from tests.server.serving import Client, post


async def test_answers_come_in_their_order_and_the_last_one_stays() -> None:
    busy = Reply([2], status=503, headers={"Retry-After": "1"})
    async with ScriptedServer({"n": 1}, busy, None) as server, Client(server.port) as client:
        answers = [await client.ask(post()) for _ in range(4)]
    assert [(answer.status, answer.json) for answer in answers] == [(200, {"n": 1}), (503, [2]), (200, None), (200, None)]
    assert answers[1].headers["retry-after"] == "1"
    assert [asked.number for asked in server.asked] == [1, 2, 3, 4]


async def test_a_function_answers_by_the_request() -> None:
    async def slowly(asked: Asked) -> Reply:
        return Reply(asked.path, after=0.001)

    async with ScriptedServer(lambda asked: {"was": asked.value}, slowly) as server, Client(server.port) as client:
        assert (await client.ask(post(b"[1]"))).json == {"was": [1]}
        assert (await client.ask(post(path="/x?y"))).json == "/x?y"
        (first, second) = server.asked
        assert (first.method, first.path, first.body, first.headers["host"]) == ("POST", "/predict", b"[1]", "h")
        assert second.value == {}


@pytest.mark.parametrize("never", [Hang(), Reply(1, after=60.0)], ids=["hang", "late"])
async def test_a_client_that_does_not_wait_is_counted(never: object) -> None:
    async with ScriptedServer(never) as server:
        async with Client(server.port) as client:
            client.writer.write(post())
            await server.came(1)
            assert (server.open, server.left) == (1, 0)
        await server.empty()
        assert server.left == 1


async def test_an_answer_comes_after_its_time() -> None:
    loop = asyncio.get_running_loop()
    async with ScriptedServer(Reply(1, after=0.02)) as server, Client(server.port) as client:
        began = loop.time()
        assert (await client.ask(post())).body == b"1"
        assert loop.time() - began >= 0.015  # the loop counts in milliseconds, from the beginning of its turn


async def test_a_connection_closes_instead_of_an_answer() -> None:
    async with ScriptedServer(Close(), 2) as server:
        async with Client(server.port) as client:
            client.writer.write(post())
            assert await client.closed() == b""
        async with Client(server.port) as client:
            assert (await client.ask(post())).body == b"2"


def test_a_script_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        ScriptedServer()
