"""Exchanges that are cut, by clients who leave and by deadlines, leave nothing behind."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random

from proof.client import Clients, post
from proof.load import at_once
from proof.replica import Act, Behaviour, Replica, always
from proof.row import Figures, Goal, Row, Run
from proof.serving import INSIDE, Served, serving

GOOD = 100
WIDTH = 64
LONGEST = 0.012
"""Seconds; within them requests are cut, and predictors answer, so that often both happen at once."""
_GRACE = 1.5


@dataclass(frozen=True, slots=True)
class Scale:
    exchanges: int


async def measure(scale: Scale, run: Run) -> Figures:
    """Cut exchanges until there were enough, then ask a hundred times and look at what is left."""
    async with Replica(always(Act())) as model:
        config = {
            "predictors": {"model": {"url": model.url}},
            "graphs": {"predict": {"predict": "model"}, "inside": INSIDE},
        }
        async with serving(config, run.folder) as served:
            before = await at_rest(served, model)
            model.behaviour = uncertain(run.random("predictor"))
            cut = await cut_many(served, scale.exchanges, run)
            model.behaviour = always(Act())
            good = 0
            async with Clients(served.url) as clients:
                for _ in range(GOOD):
                    good += (await clients.ask(post())).status == 200
            after = await at_rest(served, model)
    return {
        "good of 100 afterwards": good,
        "descriptors more than before": after["descriptors"] - before["descriptors"],
        "tasks more than before": after["tasks"] - before["tasks"],
        "connections left at the predictor": after["connections"],
        "exchanges cut": cut,
    }


async def at_rest(served: Served, model: Replica) -> dict[str, int]:
    """What is held when nobody asks and the predictor has closed the connections that were kept for it."""
    async with Clients(served.url) as clients:
        await clients.ask(post())
    await model.__aexit__()
    await asyncio.sleep(_GRACE)
    state = await served.inside()
    connections = model.open
    await model.__aenter__()
    return {**state, "connections": connections}


def uncertain(draws: Random) -> Behaviour:
    """Half of the requests are never answered, the others at about the time at which they are cut."""
    return lambda _: Act(None if draws.random() < 0.5 else draws.uniform(0, LONGEST))


async def cut_many(served: Served, exchanges: int, run: Run) -> int:
    """Cut so many exchanges: a third by a deadline, the others by clients who hang up, half of those by a reset."""
    draws, cut = run.random("clients"), 0

    async def one(_: int) -> None:
        nonlocal cut
        seconds = draws.uniform(0.002, LONGEST)
        how = draws.choice(("deadline", "close", "reset"))
        while not await (late(clients, seconds) if how == "deadline" else leaving(clients, seconds, reset=how == "reset")):
            pass  # the answer was quicker
        cut += 1
        run.progress(cut / exchanges)

    async with Clients(served.url) as clients:
        await at_once(WIDTH, exchanges, one)
    return cut


async def late(clients: Clients, seconds: float) -> bool:
    """Whether the deadline cut the exchange."""
    return (await clients.ask(post(X_Request_Timeout=f"{seconds * 1000:.3f}ms"))).status == 504


async def leaving(clients: Clients, seconds: float, *, reset: bool) -> bool:
    """Whether the client left before it had its answer."""
    connection = await clients.connection()
    answer = connection.send(post())
    done, _ = await asyncio.wait((answer,), timeout=seconds)
    if done:
        clients.keep(connection)
        return False
    connection.leave(reset=reset)
    return True


ROW = Row(
    name="cancelled",
    promise="100,000 cancelled exchanges",
    elsewhere="httpx's pool dead for good",
    goal="100 of 100 good afterwards, nothing leaked",
    how="A predictor answers after 0 to 12 ms, or never. 64 clients at a time give up after 2 to 12 ms: by a deadline of the "
    "request, by closing, by a reset. Only exchanges that were cut before their answer count. Before and after, the "
    "predictor closes what was kept for it, and the worker tells how many descriptors and tasks it has.",
    goals=(
        Goal("good of 100 afterwards", GOOD, at_least=True),
        Goal("descriptors more than before", 0),
        Goal("tasks more than before", 0),
        Goal("connections left at the predictor", 0),
        Goal("exchanges cut", 100_000, at_least=True, short=1_000),
    ),
    measure=measure,
    full=Scale(100_000),
    short=Scale(1_000),
)
