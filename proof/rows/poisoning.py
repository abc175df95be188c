"""No byte of one predictor's answer reaches another caller."""

from __future__ import annotations

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

from plait.testing import RawServer
from plait.testing.server import ok, read_request
from proof.client import Answered, Clients, post
from proof.load import at_once
from proof.row import Figures, Goal, Row, Run
from proof.serving import serving

WIDTH = 64
BATCH = 1000
"""Predictors at a time: one that sent a surplus byte loses pooling for a minute, so each is good for one try."""
MISBEHAVES = 2
"""At which exchange; the one before makes a connection that is kept."""
CHECKS = 2
CUT = 0.004
_PATIENCE = 1.0
POISON = b'{"n":-1}'
_NUMBER = re.compile(rb'\{"n": ?(\d+)\}$')

Misbehaviour = Callable[[StreamWriter, bytes, Random], Awaitable[None]]
"""Answers a request, whose body the answer repeats, badly."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Tries of each kind."""

    tries: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to answer badly.

    Args:
        answer: What the predictor does.
        cut: How the exchange ends before its answer: by its deadline (`timeout`), by the client's leaving (`cancel`), or not.
    """

    answer: Misbehaviour
    cut: str = ""


async def idle(writer: StreamWriter, body: bytes, draws: Random) -> None:
    """Another answer, when the connection is idle again."""
    writer.write(ok(body))
    await asyncio.sleep(draws.choice((0, 0.001, 0.002)))
    writer.write(ok(POISON))


async def tardy(writer: StreamWriter, body: bytes, draws: Random) -> None:
    """The answer, at about the time at which nobody waits for it any more."""
    await asyncio.sleep(draws.uniform(0, 2 * CUT))
    writer.write(ok(body))


async def surplus(writer: StreamWriter, body: bytes, draws: Random) -> None:
    """More than Content-Length says, all at once: an answer, half of one, or what is none."""
    writer.write(ok(body) + draws.choice((ok(POISON), ok(POISON)[:-4], b"\r\n", POISON)))


def without_body(status: int) -> Misbehaviour:
    """A body where the status forbids one, with or without a length."""

    async def answer(writer: StreamWriter, _: bytes, draws: Random) -> None:
        poison = draws.choice((ok(POISON), POISON))
        length = draws.choice((b"", b"Content-Length: %d\r\n" % len(poison)))
        writer.write(b"HTTP/1.1 %d Bare\r\nContent-Type: application/json\r\n%b\r\n%b" % (status, length, poison))

    return answer


async def trailers(writer: StreamWriter, body: bytes, draws: Random) -> None:
    """Chunks whose trailers would frame another answer, which follows, or is a trailer itself."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    fields = draws.choice((b"Content-Length: %d\r\n\r\n" % len(POISON) + POISON, b"X-One: 1\r\n\r\n" + ok(POISON), ok(POISON)))
    writer.write(head + b"%x\r\n%b\r\n0\r\n%b" % (len(body), body, fields))


KINDS: Mapping[str, Kind] = {
    "late, while idle": Kind(idle),
    "late, after a timeout": Kind(tardy, "timeout"),
    "late, after a cancel": Kind(tardy, "cancel"),
    "surplus after Content-Length": Kind(surplus),
    "after 204": Kind(without_body(204)),
    "after 304": Kind(without_body(304)),
    "in chunk trailers": Kind(trailers),
}


class Repeating(RawServer):
    """A predictor whose answer is the request's body; the one exchange at which it misbehaves apart."""

    def __init__(self, answer: Misbehaviour, draws: Random) -> None:
        super().__init__(self._converse)
        self._answer = answer
        self._draws = draws
        self._asked = 0
        self.heads = 0
        self.settled = asyncio.Event()

    async def _converse(self, reader: StreamReader, writer: StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            self.heads += request.startswith(b"HEAD")
            self._asked += 1
            found = _NUMBER.search(request)
            body = found[0] if found else b"null"
            if self._asked != MISBEHAVES:
                writer.write(ok(body))
                continue
            try:
                await self._answer(writer, body, self._draws)
            finally:
                self.settled.set()


@dataclass(slots=True)
class Tally:
    """The tries of one kind, and what came of them."""

    kind: Kind
    draws: Random
    numbers: Iterator[int]
    tries: int = 0
    answers: int = 0
    poisoned: int = 0
    heads: int = 0

    def saw(self, answer: Answered, body: bytes) -> None:
        """An answer to a request with this body."""
        self.answers += 1
        self.poisoned += (answer.status == 200 and answer.body != body) or POISON in answer.body


async def measure(scale: Scale, run: Run) -> Figures:
    """Try each kind so often, on as many predictors."""
    numbers = count(1)
    tallies = {name: Tally(kind, run.random(name), numbers) for name, kind in KINDS.items()}
    for tally in tallies.values():
        while tally.tries < scale.tries:
            await batch(tally, min(BATCH, scale.tries - tally.tries), run.folder)
            run.progress(sum(each.tries for each in tallies.values()) / scale.tries / len(KINDS))
    each = {name: tally.poisoned for name, tally in tallies.items()}
    return {
        "answers with another's bytes": sum(each.values()),
        "tries of each kind": min(tally.tries for tally in tallies.values()),
        **each,
        "answers looked at": sum(tally.answers for tally in tallies.values()),
        "HEAD requests that predictors got": sum(tally.heads for tally in tallies.values()),
    }


async def batch(tally: Tally, tries: int, folder: Path) -> None:
    """Try one kind on so many new predictors."""
    async with AsyncExitStack() as stack:
        models = [await stack.enter_async_context(Repeating(tally.kind.answer, tally.draws)) for _ in range(tries)]
        config = {
            "predictors": {f"m{number}": {"url": model.url} for number, model in enumerate(models)},
            "graphs": {f"m{number}": {"predict": f"m{number}"} for number in range(tries)},
        }
        served = await stack.enter_async_context(serving(config, folder))
        clients = await stack.enter_async_context(Clients(served.url))
        await at_once(WIDTH, tries, lambda number: attempt(clients, f"/predict/m{number}", models[number], tally))
        tally.heads += sum(model.heads for model in models)


async def attempt(clients: Clients, path: str, model: Repeating, tally: Tally) -> None:
    """A good exchange, the bad one, and exchanges that might get what was left of it."""
    for turn in range(1, MISBEHAVES + CHECKS + 1):
        body = b'{"n":%d}' % next(tally.numbers)
        bad = turn == MISBEHAVES
        if bad and tally.kind.cut == "cancel":
            connection = await clients.connection()
            connection.send(post(path, body))
            await asyncio.sleep(tally.draws.uniform(0.001, CUT))
            connection.leave()
        else:
            fields = {"X-Request-Timeout": f"{CUT * 1000:.0f}ms"} if bad and tally.kind.cut else {}
            tally.saw(await clients.ask(post(path, body, **fields)), body)
        if bad and not await has_settled(model):
            return  # it was cut before the predictor heard of it: no try
    tally.tries += 1


async def has_settled(model: Repeating) -> bool:
    """Whether the predictor has misbehaved, once it has had time to."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await model.settled.wait()
    except TimeoutError:
        return False
    return True


ROW = Row(
    name="poisoning",
    promise="bytes of one predictor's answer reaching another caller: late (while idle, or after our timeout or cancel), "
    "surplus after Content-Length, after HEAD, 204, 304, in chunk trailers",
    elsewhere="aiohttp and httpx fail",
    goal="0 in 10,000 each; an unasked answer that arrives during the next exchange cannot be told apart, so an endpoint that "
    "ever sent a surplus byte loses pooling for a minute",
    how="Each try has a predictor of its own: a good exchange, one at which the predictor misbehaves in a drawn variant, and "
    "two that might get what was left. Every request has its number, and so has its answer. plait sends no HEAD to "
    "predictors; those that came are counted.",
    goals=(
        Goal("answers with another's bytes", 0),
        Goal("tries of each kind", 10_000, at_least=True, short=60),
        Goal("HEAD requests that predictors got", 0),
    ),
    measure=measure,
    full=Scale(10_000),
    short=Scale(60),
)
