"""How long a part takes from its predictor's answer to the client that reads the stream, through the proxy and both sockets.

Use: python bench/streams.py [--events 2000] [--clients 1] [--bytes 100]
Predictors, proxy and clients share one loop, so the figure is an upper bound: it contains the work of all three.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time

import uvloop

from plait.clock import Clock
from plait.graph.spec import Config
from plait.server.listener import Listener
from plait.server.serve import Worker, proxy
from plait.server.sockets import listen
from plait.testing import RawServer
from plait.testing.server import ok, read_request


class Race:
    """Two predictors, `quick` and `slow`; the slow one answers once the client has read what the quick one said."""

    def __init__(self, size: int) -> None:
        self.body = ok(b'"' + b"x" * size + b'"')
        self.answered: dict[bytes, float] = {}
        self.read: dict[bytes, asyncio.Event] = {}
        self.seconds: list[float] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            target = (await read_request(reader)).split(b" ", 2)[1]
            path, own_id = target.split(b"?id=")
            if path == b"/slow":
                await self.read[own_id].wait()
            else:
                self.answered[own_id] = time.perf_counter()
            writer.write(self.body)

    async def client(self, port: int, number: int, events: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=64 << 20)
        for turn in range(events):
            own_id = b"%d.%d" % (number, turn)
            self.read[own_id] = asyncio.Event()
            head = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n"
            writer.write(head + b"X-Request-Id: %b\r\nContent-Length: 2\r\n\r\n{}" % own_id)
            await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b"\n\n")
            self.seconds.append(time.perf_counter() - self.answered.pop(own_id))
            self.read[own_id].set()
            await reader.readuntil(b"\r\n0\r\n\r\n")
        writer.close()


async def main(events: int, clients: int, size: int) -> None:
    race = Race(size)
    async with RawServer(race) as server:
        config = {
            "defaults": {"predictor": {"timeout": "60s"}, "graph": {"timeout": "60s"}},
            "predictors": {name: {"url": f"{server.url}/{name}"} for name in ("quick", "slow")},
            "graphs": {"predict": {"parallel": ["quick", "slow"]}},
        }
        worker = Worker(Clock(asyncio.get_running_loop()))
        async with proxy(Config.model_validate(config), worker) as handler:
            listener = Listener(handler, worker.clock)
            sock = listen("127.0.0.1", 0)
            await listener.open(sock)
            async with asyncio.TaskGroup() as group:
                for number in range(clients):
                    group.create_task(race.client(sock.getsockname()[1], number, events // clients))
            await listener.close()
    taken = sorted(each * 1000 for each in race.seconds)
    p99 = taken[len(taken) * 99 // 100]
    print(f"{len(taken)} events, {clients} clients, {size} bytes: p50 {statistics.median(taken):.2f} ms", end=", ")
    print(f"p99 {p99:.2f} ms, longest {taken[-1]:.2f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--bytes", type=int, default=100)
    args = parser.parse_args()
    uvloop.run(main(args.events, args.clients, args.bytes))
