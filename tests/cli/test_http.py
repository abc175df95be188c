"""Asking a plait that runs: an answer, or one clear line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import typer

from plait.cli.call import call
from plait.cli.http import send, trusted
from plait.errors import StartError
from plait.testing import RawServer
from plait.testing.server import ok
from tests.certificates import Authority


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://127.0.0.1:1/a b", "http://127.0.0.1:x/", "ftp://a"])
def test_an_address_that_nobody_answers_at_is_told_in_one_line(url: str) -> None:
    with pytest.raises(StartError) as caught:
        send(url)
    assert "\n" not in caught.value.detail


def test_where_nobody_listens_it_asks_whether_plait_runs_there() -> None:
    with pytest.raises(StartError, match=r"^no answer from http://127\.0\.0\.1:1/x: Connection refused; does plait run there\?$"):
        send("http://127.0.0.1:1/x")


async def test_an_answer_that_is_no_http_is_told_in_one_line() -> None:
    async with RawServer(b"SSH-2.0-x\r\n") as server:
        with pytest.raises(StartError, match=r"^no answer from http://127\.0\.0\.1:"):
            await asyncio.to_thread(send, server.url, b"{}")


async def test_over_tls_it_says_why_there_is_no_answer(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    known = trusted(Path(authority.file), None)

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    async with RawServer(ok(b"1"), authority.server()) as server, RawServer(refuse) as plain:
        assert (await asyncio.to_thread(send, server.url, b"{}", tls=known)).body == b"1"
        for url, tls, why in (
            (server.url, None, "its certificate is from an authority that is not trusted"),
            (server.url.replace("127.0.0.1", "localhost"), known, "its certificate is for another host"),
            (plain.url.replace("http", "https"), known, "it does not speak TLS"),
        ):
            with pytest.raises(StartError) as caught:
                await asyncio.to_thread(send, url, b"{}", tls=tls)
            assert caught.value.detail == f"no answer from {url}: {why}"


async def test_a_redirect_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with RawServer(moved) as server:
        assert (await asyncio.to_thread(send, server.url, b"{}")).status == 302


@pytest.mark.parametrize(
    "said",
    [
        b"<html>",
        b"[1]",
        b"{}",
        b'{"route": 5, "data_sample": {}}',
        b'{"route": "@127.0.0.2/", "data_sample": {}}',
        b"[" * 100_000,
    ],
)
async def test_what_is_no_plait_is_told_in_one_line(said: bytes) -> None:
    async with RawServer(ok(said)) as server:
        with pytest.raises(StartError, match=r"is no plait$"):
            await asyncio.to_thread(call, "predict", None, server.url)


async def test_a_graph_that_is_not_there_is_told_with_where_graphs_are() -> None:
    said = b'{"detail":"there is no such route; graphs are at /predict"}'
    for body, end in (said, "; graphs are at /predict"), (b"<html>", ""), (b'{"detail":"no"}', ""):
        async with RawServer(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as server:
            with pytest.raises(StartError) as caught:
                await asyncio.to_thread(call, "label", "{}", server.url)
            assert caught.value.detail == f"there is no graph label at {server.url}{end}"


@pytest.mark.parametrize("timeout", ["50", "soon", "0s"])
def test_a_timeout_that_is_no_duration_is_wrong_usage(timeout: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        call("label", "{}", "http://127.0.0.1:1", timeout)
    assert caught.value.exit_code == 2
