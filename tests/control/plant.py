"""An admin port made up: what the page would be told, with names and errors of the worst kind, and what it asked for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from plait.control.page import HEADERS, assets
from plait.server.tally import BOUNDS
from tests.control.telling import took

TOKEN = "the-token-of-this-test"  # noqa: S105 - nobody else takes it
EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" width="320" height="80">
<style>.a{fill:#82b1ff}</style><rect class="a" width="320" height="80" rx="12"/>
<script>parent.document.title="owned"</script><text x="20" y="45">setosa, versicolor, virginica</text></svg>"""


def graph(route: str, times: list[float], good: int, bad: int = 0) -> dict[str, Any]:
    """What is told of a graph."""
    statuses = {"200": good, **({"504": bad} if bad else {})}
    return {"route": route, "statuses": statuses, "seconds": took(*times), "own": took(*(each / 20 for each in times))}


def predictor(*replicas: dict[str, Any], version: tuple[str | None, str | None] = (None, None), **facts: Any) -> dict[str, Any]:
    """What is told of a predictor; `version` is the one that is declared, and the one that is reported."""
    declared, reported = version
    matches = None if None in version else declared == reported
    usual = {"enabled": True, "excluded": None, "accuracy": None, "panic": 0, "in_flight": 3, "waiting": 0, "limit": 64}
    counts = {"statuses": {"ok": 4000, "timeout": 2}, "seconds": took(*[0.008] * 40, *[0.03] * 3)}
    versions = {"declared": declared, "reported": reported, "matches": matches}
    return {**usual, **counts, "version": versions, "replicas": list(replicas), **facts}


def accuracy(share: float, answers: int) -> dict[str, Any]:
    """What feedback found."""
    right = round(share * answers)
    return {"share": share, "right": right, "answers": answers, "exclude_below": 0.8, "state": "counting", "reason": None}


def replica(endpoint: str, **facts: Any) -> dict[str, Any]:
    return {"endpoint": endpoint, "in_flight": 1, "ejected": 0, "unwell": 0, "latency": 0.0081, **facts}


def status() -> dict[str, Any]:
    """All well, but for what an operator should see."""
    worker = {"proxy": "one", "since": "2026-12-01T02:00:00Z", "connections": 41, "in_flight": 6, "rss": 88_000_000}
    problem = {"path": "graphs.label", "line": 12, "message": f"unknown name: {EVIL}", "hint": "did you mean virginica?"}
    mark = {"author": "api:ann", "reason": f"too often wrong {EVIL}", "since": "2026-12-01T02:10:00Z"}
    two = (replica("127.0.0.1:8001"), replica("127.0.0.1:8011", ejected=2))
    return {
        "version": "0.1.0",
        "revision": 7,
        "file": {"path": "/etc/plait/plait.yaml", "state": "invalid", "problems": [problem]},
        "store": {"ok": True, "kind": "sqlite", "error": None},
        "rollout": {"revision": 7, "previous": 6, "state": "watching", "reason": None, "seconds_left": 40.0},
        "bounds": list(BOUNDS),
        "workers": [
            {"worker": 1, "pid": 4711, **worker, "running": 7, "refused": 3, "warnings": [], "error": None},
            {"worker": 2, "pid": 4712, **worker, "running": 6, "refused": 0, "warnings": [f"warming: {EVIL}"], "error": "no room"},
        ],
        "graphs": {
            "predict": graph("/predict", [0.012] * 90 + [0.04] * 9 + [0.2], 120_000, 31),
            "label": graph("/predict/label", [0.02] * 95 + [0.6] * 5, 3500, 90),
            "guard": graph("/predict/guard", [], 0),
        },
        "predictors": {
            "setosa": predictor(
                replica("127.0.0.1:8000"), replica("127.0.0.1:8010"), version=("2", "2"), accuracy=accuracy(0.973, 1000)
            ),
            "versicolor": predictor(*two, version=("2", "1")),
            "virginica": predictor(replica("127.0.0.1:8002", ejected=1), panic=2, waiting=12, statuses={"ok": 400, "timeout": 90}),
            "detector": predictor(excluded=mark, accuracy=accuracy(0.61, 240)),
        },
    }


def revisions() -> list[dict[str, Any]]:
    """Three, the newest first."""
    change = {"path": "predictors.setosa.url", "change": "changed", "from": "http://127.0.0.1:8000", "to": "http://127.0.0.1:8010"}
    added = {"path": f"graphs.label.{EVIL}", "change": "added", "to": {"parallel": ["setosa", "virginica"]}}
    gone = {"path": "predictors.old", "change": "removed", "from": {"url": "http://127.0.0.1:8009"}}
    return [
        {"number": 7, "created": "2026-12-01T02:20:00Z", "author": "api:ann", "reason": "setosa moves", "difference": [change]},
        {"number": 6, "created": "2026-12-01T01:20:00Z", "author": "file", "reason": EVIL, "difference": [added, gone]},
        {"number": 5, "created": "2026-11-29T01:20:00Z", "author": "start", "reason": "", "difference": []},
    ]


OLDER = [{"number": 4, "created": "2026-11-28T01:20:00Z", "author": "start", "reason": "the first", "difference": []}]


@dataclass
class Plant:
    """The port; `asked` has the changes that were asked for, `refusal` what the next one is answered."""

    status: dict[str, Any] = field(default_factory=status)
    revisions: list[dict[str, Any]] = field(default_factory=revisions)
    asked: asyncio.Queue[tuple[str, dict[str, str], Any]] = field(default_factory=asyncio.Queue)
    streams: asyncio.Queue[asyncio.Queue[bytes]] = field(default_factory=asyncio.Queue)
    refusal: tuple[int, dict[str, Any]] | None = None
    token: str = TOKEN
    urls: list[str] = field(default_factory=list)
    looks: asyncio.Event = field(default_factory=asyncio.Event)
    broken: bool = False

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        path, headers = scope["path"], {name.decode(): value.decode() for name, value in scope["headers"]}
        self.urls.append(f"{path}?{scope['query_string'].decode()}")
        if path in assets():
            body, kind = assets()[path]
            await answer(send, 200, body, kind, HEADERS)
        elif headers.get("authorization") != f"Bearer {self.token}":
            await told(send, 401, {"title": "Unauthorized", "detail": "no token, or a wrong one"})
        elif self.broken:
            await told(send, 503, {"title": "Service Unavailable", "detail": "the store does not answer"})
        elif scope["method"] == "POST":
            await self.change(path, headers, json.loads((await receive())["body"]), send)
        else:
            await self.look(path, receive, send)

    async def look(self, path: str, receive: Any, send: Any) -> None:
        if path == "/events":
            await self.stream(receive, send)
        elif path.endswith("/picture"):
            await answer(send, 200, PICTURE.encode(), "image/svg+xml", {})
        elif path == "/status":
            await told(send, 200, self.status)
            self.looks.set()
        else:
            older = "before=5" in self.urls[-1]
            await told(send, 200, {"revisions": OLDER if older else self.revisions, "next": None if older else 5})

    async def change(self, path: str, headers: dict[str, str], body: Any, send: Any) -> None:
        refusal, self.refusal = self.refusal, None
        await told(send, *(refusal or (200, {"revision": 8})))
        self.asked.put_nowait((path, headers, body))

    async def stream(self, receive: Any, send: Any) -> None:
        """Say what the test puts into a queue, until it puts nothing in."""
        said: asyncio.Queue[bytes] = asyncio.Queue()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
        self.streams.put_nowait(said)
        gone = asyncio.create_task(until_gone(receive))
        while True:
            piece = asyncio.create_task(said.get())
            await asyncio.wait([piece, gone], return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                piece.cancel()
                return
            await send({"type": "http.response.body", "body": piece.result(), "more_body": bool(piece.result())})
            if not piece.result():
                gone.cancel()
                return


async def until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def told(send: Any, status: int, body: Any) -> None:
    await answer(send, status, json.dumps(body).encode(), "application/json", {})


async def answer(send: Any, status: int, body: bytes, kind: str, headers: Any) -> None:
    fields = [(name.encode(), value.encode()) for name, value in {**headers, "Content-Type": kind}.items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
