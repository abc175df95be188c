"""Streams as people read them: with curl, and with the Python and the JavaScript that the documentation shows."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from plait import Proxy
from plait.graph.spec import Config
from plait.testing import RawServer
from tests.e2e.processes import started
from tests.server.serving import proxy
from tests.server.streaming import Scripted, asking, running

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

DOCS = Path(__file__).parents[2] / "docs"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def program(*names: str) -> str:
    """The first of these programs that there is."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    assert found, f"this test needs {' or '.join(names)}: install it, or leave tests of this kind out with -m 'not e2e'"
    return found


async def test_curl_shows_each_part_when_it_ends() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "quick", "slow")) as port:
        fields = ("Content-Type: application/json", "Accept: text/event-stream")
        options = [option for field in fields for option in ("-H", field)]
        url = f"http://127.0.0.1:{port.port}/predict"
        async with started(program("curl"), "-sSN", "--noproxy", "*", *options, "-d", "{}", url) as curl:
            assert curl.stdout is not None
            said.say("quick", b"1")
            assert await curl.stdout.readuntil(b"\n") == b"event: part\n"
            assert b'"part":"quick"' in await curl.stdout.readuntil(b"\n\n")
            said.say("slow", b"2")  # only now, so what was read before did not wait for it
            rest = (await curl.stdout.read()).decode()
            assert [line for line in rest.split("\n") if line.startswith("event: ")] == ["event: part", "event: result"]
            assert await curl.wait() == 0


async def test_curl_says_when_a_stream_was_cut() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "quick", "slow")) as port:
        options = ("-H", "Content-Type: application/json", "-H", "Accept: application/x-ndjson", "-d", "{}")
        async with started(program("curl"), "-sSN", "--noproxy", "*", *options, f"http://127.0.0.1:{port.port}/predict") as curl:
            assert curl.stdout is not None
            said.say("quick", b"1")
            assert b'"part":"quick"' in await curl.stdout.readuntil(b"\n")
            for front in tuple(port.listener._fronts):
                front.abort()
            assert await curl.wait() != 0


def shown(language: str) -> str:
    """What docs/streams.md shows in a language."""
    found = re.search(rf"```{language}\n(.*?)```", (DOCS / "streams.md").read_text(), re.DOTALL)
    assert found
    return found[1]


async def test_the_python_of_the_documentation_sees_each_part_when_it_ends_and_a_stream_that_was_cut() -> None:
    said = Scripted()
    async with RawServer(said) as server, proxy(asking(server, "quick", "slow")) as port:
        code = shown("python").replace("9000", str(port.port))
        for cut in (False, True):
            async with started(sys.executable, "-u", "-c", code) as python:
                assert python.stdout is not None
                said.say("quick", b"1")
                assert (await python.stdout.readline()).startswith(b"quick ")
                if cut:
                    for front in tuple(port.listener._fronts):
                        front.abort()
                    assert await python.wait() == 1
                else:
                    said.say("slow", b"2")
                    assert [line.split(b" ")[0] for line in (await python.stdout.read()).splitlines()] == [b"slow", b"done"]
                    assert await python.wait() == 0


PAGE = """<!doctype html><title>stream</title><script type="module">
const tell = (what) => fetch("/seen", {method: "POST", body: what});
async function read(path) { %s }
for (const path of ["/models/predict", "/cut"]) {
  try { await read(path); await tell("whole"); } catch { await tell("cut"); }
}
</script>"""


class Site:
    """A page, beside a proxy mounted under /models; `seen` is what the page says that it sees, `cut` ends its other stream."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self.seen: asyncio.Queue[str] = asyncio.Queue()
        self.cut = asyncio.Event()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or scope["path"].startswith("/models"):
            await self._proxy({**scope, "root_path": "/models"}, receive, send)
            return
        if scope["path"] == "/seen":
            self.seen.put_nowait((await receive())["body"].decode())
        kind = b"text/event-stream" if scope["path"] == "/cut" else b"text/html"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        if scope["path"] == "/cut":
            await send({"type": "http.response.body", "body": b"event: part\ndata: {}\n\n", "more_body": True})
            await self.cut.wait()
            raise ConnectionAbortedError
        page = PAGE % shown("js").replace('"/predict"', "path").replace("console.log(event)", "await tell(event)")
        await send({"type": "http.response.body", "body": page.encode()})


@pytest.fixture
def room() -> Iterator[str]:
    """A folder for what the browser leaves; its path is short, as the sockets in it want it."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield folder


async def test_a_page_in_a_browser_sees_each_part_when_it_ends(room: str) -> None:
    said = Scripted()
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server")
    quiet = ("--disable-background-networking", "--disable-component-update", f"--user-data-dir={room}")
    async with RawServer(said) as server:
        site = Site(Proxy(Config.model_validate(asking(server, "quick", "slow", timeout="60s"))))
        async with running(site) as port, started(program(*BROWSERS), *options, *quiet, f"http://127.0.0.1:{port}/", TMPDIR=room):
            said.say("quick", b"1")
            assert event(await site.seen.get()) == ("part", "quick")
            said.say("slow", b"2")  # only now, so the page has not waited for it
            assert [event(await site.seen.get()) for _ in range(2)] == [("part", "slow"), ("result", None)]
            assert await site.seen.get() == "whole"
            assert event(await site.seen.get())[0] == "part"
            site.cut.set()
            assert await site.seen.get() == "cut"


def event(text: str) -> tuple[str, str | None]:
    """An event's name, and the part that it tells of."""
    name, data = text.split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: ")).get("part")
