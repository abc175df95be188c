"""A rule on a part alerts at once, before slower parts, and what was promised is delivered whatever is killed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from plait.testing import RawServer
from plait.testing.scripted import left
from plait.testing.server import ok, read_request
from proof.client import Clients, post
from proof.load import at_rate
from proof.moments import until
from proof.mortal import Mortals, mortal
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import serving

SECRET = "whsec_cGxhaXQ6IG9ubHkgZm9yIHRoZSBwcm9vZnMhIQ=="
QUICK, SLOW = 0.005, 0.15
"""Seconds that the two predictors take."""
RATE = 50.0
EVERY = 1.5
"""Seconds from one kill to the next, on average."""
BUSY = 0.3
"""The share of messages that the receiver does not take at first."""
FIRST = 1_000_000
"""The number of the first request under kills."""
END = 60.0
"""Seconds until everything was delivered, after the last kill."""
_AGAIN = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
_TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds without a kill, then so many kills."""

    seconds: float
    kills: int


class Predictor(RawServer):
    """Answers after a time, and remembers when it had answered each number.

    Args:
        after: Seconds.
    """

    def __init__(self, after: float) -> None:
        super().__init__(self._converse)
        self._after = after
        self.answered: dict[int, float] = {}

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked = json.loads((await read_request(reader)).partition(b"\r\n\r\n")[2])
            if await left(reader, self._after):
                return
            writer.write(ok(b'{"score": 0.97}'))
            self.answered.setdefault(int(asked["n"]), perf_counter())


class Pager(RawServer):
    """Takes webhooks, and remembers when each first came, and how often it was taken.

    `draws` has it be slow, and busy; without, it takes everything at once.
    """

    def __init__(self) -> None:
        super().__init__(self._converse)
        self._signed = Webhook(SECRET)
        self.draws: Random | None = None
        self.came: dict[int, float] = {}
        self.taken: Counter[int] = Counter()
        self.names: dict[int, set[str]] = {}
        self.unsigned = 0

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            came = perf_counter()
            number = self._number(request)
            if number is None:
                self.unsigned += 1
                return
            self.came.setdefault(number, came)
            if self.draws is not None and await left(reader, self.draws.uniform(0.0, 0.1)):
                return
            if self.draws is not None and self.draws.random() < BUSY:
                writer.write(_AGAIN)
                continue
            writer.write(_TAKEN)
            self.taken[number] += 1

    def _number(self, request: bytes) -> int | None:
        """The number that a message is about; None if it is not signed as it should be."""
        head, _, body = request.partition(b"\r\n\r\n")
        lines = (line.partition(":") for line in head.decode().split("\r\n")[1:])
        fields = {name.lower(): value.strip() for name, _, value in lines}
        try:
            number = int(self._signed.verify(body, fields)["request"]["n"])
        except WebhookVerificationError:
            return None
        self.names.setdefault(number, set()).add(fields["webhook-id"])
        return number


def _config(quick: RawServer, slow: RawServer, pager: RawServer, workers: int) -> Mapping[str, Any]:
    rule = {"on": "part", "when": "part == 'quick' && output.score > 0.9", "do": {"alert": "pager"}}
    return {
        "server": {"workers": workers},
        "predictors": {"quick": {"url": quick.url}, "slow": {"url": slow.url}},
        "graphs": {"predict": {"parallel": ["quick", "slow"], "rules": [rule]}},
        "sinks": {"pager": {"webhook": f"{pager.url}/hook", "secret": SECRET, "allow": ["127.0.0.0/8"]}},
    }


async def measure(scale: Scale, run: Run) -> Figures:
    """Alert at a rate, first in peace, then while workers are killed and the receiver is slow and busy."""
    async with Predictor(QUICK) as quick, Predictor(SLOW) as slow, Pager() as pager:
        (run.folder / "peace").mkdir()
        async with serving(_config(quick, slow, pager, 1), run.folder / "peace") as served, Clients(served.url) as clients:
            before, silent = await _in_peace(scale, run, clients, quick, pager)
        pager.draws = run.random("pager")
        async with mortal(_config(quick, slow, pager, 2), run.folder) as plait:
            promised = await _under_kills(scale, run, plait)
            await until(lambda: not promised - pager.taken.keys(), END)
    taken = [pager.taken[number] for number in promised]
    return {
        "from the part to the webhook, p99": quantile(before, 0.99) * 1000,
        "promised and not delivered": silent + sum(not times for times in taken),
        "not signed": pager.unsigned,
        "under more than one name": sum(len(names) > 1 for names in pager.names.values()),
        "from the part to the webhook, median of ms": quantile(before, 0.5) * 1000,
        "from the part to the webhook, longest of ms": max(before) * 1000,
        "alerts in peace": len(before),
        "alerts promised under kills": len(promised),
        "of them delivered more than once": sum(times > 1 for times in taken),
        "kills": scale.kills,
    }


async def _in_peace(scale: Scale, run: Run, clients: Clients, quick: Predictor, pager: Pager) -> tuple[list[float], int]:
    """Seconds from each part to its alert; and how many answers there were without one."""
    promised: set[int] = set()

    async def one(number: int) -> None:
        answer = await clients.ask(post(body=b'{"n": %d}' % number))
        if answer.status == 200:
            promised.add(number)

    await one(-1)  # the first makes the store
    await at_rate(RATE, scale.seconds, one, run.random("peace"))
    await until(lambda: not promised - pager.came.keys(), END)
    numbers = (promised & pager.came.keys()) - {-1}
    return [pager.came[number] - quick.answered[number] for number in numbers], len(promised - pager.came.keys())


async def _under_kills(scale: Scale, run: Run, plait: Mortals) -> set[int]:
    """The numbers of requests that were answered, so that their alerts are promised."""
    promised: set[int] = set()

    async def one(number: int) -> None:
        with suppress(OSError):  # what is killed answers nothing, and has promised nothing
            answer = await plait.ask(post(body=b'{"n": %d}' % (FIRST + number)))
            if answer.status == 200:
                promised.add(FIRST + number)
        run.progress(min(1.0, number / (RATE * scale.kills * EVERY)))

    killing = asyncio.create_task(plait.killed(scale.kills, EVERY, run.random("kills")))
    try:
        await at_rate(RATE, scale.kills * EVERY, one, run.random("under kills"))
        await killing
    finally:
        killing.cancel()
    return promised


ROW = Row(
    name="alerts",
    promise="a rule on a part alerts a webhook, before slower parts; also across `kill -9`",
    elsewhere="not known",
    goal="at the receiver 20 ms after the part, p99; what was promised is delivered",
    how="50 requests a second to a predictor that takes 5 ms and one that takes 150 ms, with a rule on the quick part; from the "
    "last byte of its answer to the first moment at which the receiver has the whole message, whose signature is verified. "
    "Then two workers, of which one drawn by the seed is killed every 1.5 s on average, one time in 20 everything; the "
    "receiver takes up to 100 ms, and 30 % of messages only when they come again (503, `Retry-After: 1`). An alert is "
    "promised when its request was answered.",
    goals=(
        Goal("from the part to the webhook, p99", 20, "ms", short=1000),
        Goal("promised and not delivered", 0),
        Goal("not signed", 0),
        Goal("under more than one name", 0),
        Goal("alerts in peace", 1000, at_least=True, short=50),
        Goal("alerts promised under kills", 3000, at_least=True, short=100),
    ),
    measure=measure,
    full=Scale(30, 100),
    short=Scale(2, 5),
)
