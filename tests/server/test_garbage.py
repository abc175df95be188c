"""Nothing that has ended waits for the garbage collector: what requests leave behind is gone at once, and memory stays level."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator

import pytest

from plait.testing import RawServer
from plait.testing.server import ok, read_request
from tests.server.serving import get, post, proxy
from tests.upstream.calling import GONE, silent

TURNS = 5


@pytest.fixture
def _uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.usefixtures("_uncollected")
@pytest.mark.parametrize("kind", ["answered", "unreachable", "silent", "malformed answer", "malformed", "left", "stream"])
async def test_requests_leave_no_garbage(kind: str) -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        asked.release()
        await silent(reader, writer)

    asked = asyncio.Semaphore(0)
    async with RawServer(ok(b"1")) as good, RawServer(never) as mute, RawServer(b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n") as bad:
        predictors = {
            "good": {"url": good.url},
            "gone": {"url": GONE},
            "mute": {"url": mute.url, "timeout": "50ms"},
            "bad": {"url": bad.url, "retry": {"attempts": 2, "on": ["broken"]}},
        }
        graphs = {
            "answered": "good",
            "unreachable": {"sequence": [{"fallback": ["gone", "good"]}, {"parallel": ["gone", "good"], "require": "any"}]},
            "silent": {"fallback": ["mute", "gone"]},
            "malformed answer": {"fallback": ["bad", {"parallel": ["bad", "good"]}]},
            "left": {"parallel": ["mute", "good"]},
            "stream": {"parallel": ["bad", "mute", "gone", "good"], "require": "any"},
        }
        async with proxy(
            {"predictors": predictors, "graphs": {name.replace(" ", "_"): graph for name, graph in graphs.items()}}
        ) as served:
            for _ in range(TURNS):
                async with served.client() as client:
                    if kind == "malformed":
                        client.writer.write(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n")
                        await client.reader.read()
                    elif kind == "left":
                        client.writer.write(post(path="/predict/left"))
                        async with asyncio.timeout(5):
                            await asked.acquire()
                    else:
                        fields = (b"Accept: text/event-stream",) if kind == "stream" else ()
                        client.writer.write(post(b"1", *fields, path=f"/predict/{kind.replace(' ', '_')}"))
                        await client.reader.readuntil(b"event: result" if kind == "stream" else b"\r\n\r\n")
            good.requests.clear()
            async with served.client() as client:
                await client.ask(get("/livez"))  # by when it has seen that the others are gone
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.collect()
            gc.set_debug(0)
            left = Counter(type(each).__qualname__ for each in gc.garbage if of_plait(each))
    assert not left


def of_plait(each: object) -> bool:
    """Whether it is the proxy's, and not of the test's servers; a parser belongs to the reader that it holds."""
    module = type(each).__module__
    return module.startswith("plait.") and not module.startswith("plait.testing")
