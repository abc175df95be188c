"""The peers in turn, round after round."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import nginx
from client import Client, post
from load import Load, ask_many
from payload import PATH, REQUEST, is_right
from peers import PEERS, Peer, Scene
from processes import HOST, Program, free_ports, running, wait_for_answer
from trouble import Trouble
from usage import cpu_at_rest, cpu_seconds, memory

FANOUT = 3
WARM_UP = Load(connections=8, seconds=1)
EACH = post(PATH, REQUEST)


@dataclass(frozen=True, slots=True)
class Row:
    """One peer in one round: microseconds of CPU per request; milliseconds otherwise.

    Args:
        cpu_us: User and system time of the whole tree.
        per_second: Requests answered.
        p50_ms: Median latency under load.
        p99_ms: The 99th percentile.
        alone_ms: Median latency of requests one after the other.
        direct_ms: Median of the slowest of three calls to the predictors themselves, between these.
        added_ms: The difference of the two.
    """

    cpu_us: float
    per_second: float
    p50_ms: float
    p99_ms: float
    alone_ms: float
    direct_ms: float
    added_ms: float


@dataclass(frozen=True, slots=True)
class Started:
    """A peer that runs."""

    peer: Peer
    pid: int
    port: int
    idle: Mapping[str, float | None]


def started(scene: Scene, names: list[str], stack: ExitStack) -> dict[str, Started]:
    """The predictors and peers, running until the stack is left; each has answered once, rightly."""
    start(nginx.predictors(scene.tools.nginx, scene.folder, scene.ports), scene.folder, stack)
    found = {}
    for name, port in zip(names, free_ports(len(names)), strict=True):
        program = PEERS[name].program(scene, port)
        pid, answer = start(program, scene.folder, stack)
        if not is_right(answer):
            raise Trouble(f"{name} answers wrongly: {answer[:500]!r}")
        cpu_at_rest(pid)
        found[name] = Started(PEERS[name], pid, port, memory(pid))
    return found


def start(program: Program, folder: Path, stack: ExitStack) -> tuple[int, bytes]:
    """Start a process until the stack is left: its id, and its first answer."""
    process = stack.enter_context(running(program, folder))
    return process.pid, wait_for_answer(program, process, folder, EACH)


def rounds(scene: Scene, peers: Mapping[str, Started], number: int, load: Load) -> Iterator[tuple[str, Row]]:
    """Measure every peer in every round, each round beginning with another peer."""
    for started in peers.values():
        ask_many(scene.tools.wrk, _url(started), replace(WARM_UP, seconds=WARM_UP.seconds * started.peer.longer), scene.folder)
        cpu_at_rest(started.pid)
    names = list(peers)
    for turn in range(number):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            yield name, measured(scene, peers[name], load)


def measured(scene: Scene, started: Started, load: Load) -> Row:
    """One peer under load, then at rest, then asked one by one."""
    before, asked = cpu_seconds(started.pid), nginx.counted(scene.ports[0])
    answered = ask_many(scene.tools.wrk, _url(started), replace(load, seconds=load.seconds * started.peer.longer), scene.folder)
    used = cpu_at_rest(started.pid) - before
    # wrk goes while requests are under way, whose cost is in `used`. The predictors have counted those too.
    fanouts = (nginx.counted(scene.ports[0]) - asked - 1) / FANOUT
    if not answered.requests <= fanouts <= answered.requests + load.connections:
        raise Trouble(f"{answered.requests} answers came from {fanouts:.1f} fan-outs: are others using these predictors?")
    alone, direct = one_by_one(started.port, scene, started.peer.alone)
    return Row(used / fanouts * 1e6, answered.per_second, answered.p50, answered.p99, alone, direct, alone - direct)


def one_by_one(port: int, scene: Scene, number: int) -> tuple[float, float]:
    """Median milliseconds of a request to the proxy, and of the slowest of the three calls that it stands for."""
    alone, direct = [], []
    with ExitStack() as stack:
        proxy, *predictors = (stack.enter_context(Client(one, EACH)) for one in (port, *scene.ports))
        for _ in range(number):
            direct.append(max(predictor.timed() for predictor in predictors))
            alone.append(proxy.timed())
    # The first tenth warms the connections up.
    return statistics.median(alone[number // 10 :]), statistics.median(direct[number // 10 :])


def _url(started: Started) -> str:
    return f"http://{HOST}:{started.port}{PATH}"
