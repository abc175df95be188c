"""What a second worker is worth on two cores, and how soon a killed one is back: `python bench/workers.py --help`."""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import kills
import nginx
import tools
from client import post
from load import Load, ask_many, asking
from payload import NAMES, REQUEST
from peers import beside_python
from processes import HOST, Program, end_on_signals, free_ports, running, wait_for_answer
from trouble import Trouble
from usage import TICK, cpu_at_rest, cpu_seconds

# What the predictors answer: class probabilities for so many rows. To average three of them costs the proxy much more than it costs
# predictors to send them and wrk to take the result, so that the proxy is what is short of CPU. nginx takes no text of 4,096 bytes.
ROWS = 250
ANSWER = json.dumps({"p": [[0.2, 0.5, 0.3]] * ROWS}, separators=(",", ":")).encode()
GRAPHS = """
graphs:
  mean: {parallel: [setosa, versicolor, virginica], merge: {mean: output.p}}
  bare: {parallel: [setosa, versicolor, virginica]}
"""
COUNTS = (1, 2)
QUIET = 0.1
LOADED = Load(connections=32, seconds=1000)


@dataclass(frozen=True, slots=True)
class Served:
    """A plait that runs.

    Args:
        pid: Its parent process, or its only one.
        port: Where it answers.
        count: Its workers.
    """

    pid: int
    port: int
    count: int

    def processes(self) -> list[int]:
        return kills.workers(self.pid) if self.count > 1 else [self.pid]


@dataclass(frozen=True, slots=True)
class Row:
    """One turn; CPU in cores, so that all of it, with what was idle, is the machine's number of them.

    Args:
        per_second: Requests answered.
        proxy: CPU of the proxy.
        busiest: Share of the busiest worker of that.
        predictors: CPU of the predictors.
        wrk: CPU of the load generator.
        others: CPU of what is no part of this.
    """

    per_second: float
    proxy: float
    busiest: float
    predictors: float
    wrk: float
    others: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8, help="turns of each number of workers (%(default)s)")
    parser.add_argument("--seconds", type=int, default=4, help="of each turn (%(default)s)")
    parser.add_argument("--kills", type=int, default=20, help="idle, and as many under load (%(default)s)")
    said = parser.parse_args()
    end_on_signals()
    found = tools.find(js=False)
    try:
        with tempfile.TemporaryDirectory(prefix="plait-bench-") as name, ExitStack() as stack:
            folder = Path(name)
            folder.chmod(0o755)  # nginx, started by root, works as another user
            ports = free_ports(len(NAMES))
            program = nginx.predictors(found.nginx, folder, ports, ANSWER)
            predictors = stack.enter_context(running(program, folder))
            wait_for_answer(program, predictors, folder, post("/predict", REQUEST))
            served = {count: serve(folder, ports, count, stack) for count in COUNTS}
            if said.rounds:
                for graph in ("mean", "bare"):
                    compare(Turns(found.wrk, folder, predictors.pid, graph, Load(32, said.seconds)), served, said.rounds)
            if said.kills:
                kill(served[2], found.wrk, folder, said.kills)
    except Trouble as exc:
        sys.exit(f"bench: {exc}")
    except KeyboardInterrupt:
        sys.exit(130)


def serve(folder: Path, ports: list[int], count: int, stack: ExitStack) -> Served:
    """plait with so many workers, which has answered once."""
    file = folder / "plait.yaml"
    urls = "".join(f'  {name}: {{url: "http://{HOST}:{port}"}}\n' for name, port in zip(NAMES, ports, strict=True))
    file.write_text(f"predictors:\n{urls}{GRAPHS}")
    (port,) = free_ports(1)
    command = (beside_python("plait"), "serve", str(file), "--port", str(port), "--workers", str(count))
    program = Program(f"plait-{count}", command, port, {})
    process = stack.enter_context(running(program, folder))
    wait_for_answer(program, process, folder, post("/predict/mean", REQUEST))
    cpu_at_rest(process.pid)
    return Served(process.pid, port, count)


@dataclass(frozen=True, slots=True)
class Turns:
    """What is measured in each turn."""

    wrk: str
    folder: Path
    predictors: int
    graph: str
    load: Load

    def measure(self, served: Served) -> Row:
        """One plait under load, and where the machine's time went."""
        workers = served.processes()
        before, began = self._cpu(served, workers), time.monotonic()
        answered = ask_many(self.wrk, f"http://{HOST}:{served.port}/predict/{self.graph}", self.load, self.folder)
        seconds = time.monotonic() - began
        used = {who: (cpu - before[who]) / seconds for who, cpu in self._cpu(served, workers).items()}
        shares = [used[str(pid)] for pid in workers]
        ours = used["proxy"] + used["predictors"] + used["wrk"]
        busiest = max(shares) / sum(shares)
        return Row(answered.per_second, used["proxy"], busiest, used["predictors"], used["wrk"], max(used["all"] - ours, 0.0))

    def _cpu(self, served: Served, workers: list[int]) -> Mapping[str, float]:
        """Seconds so far: of each worker by its id, of each party, of the machine."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            **{str(pid): cpu_seconds(pid) for pid in workers},
            "proxy": cpu_seconds(served.pid),
            "predictors": cpu_seconds(self.predictors),
            "wrk": ended.ru_utime + ended.ru_stime,
            "all": machine_seconds(),
        }


def machine_seconds() -> float:
    """Seconds that the machine's cores have worked (proc(5): all columns but idle, iowait and the guests', which are in user)."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9])
    return TICK * (user + nice + system + irq + softirq + steal)


def compare(turns: Turns, served: Mapping[int, Served], rounds: int) -> None:
    """One worker and two, in turn; each round begins with the other."""
    for one in served.values():
        Turns(turns.wrk, turns.folder, turns.predictors, turns.graph, Load(32, 1)).measure(one)
    cores = len(os.sched_getaffinity(0))
    print(f"\n{turns.graph}: three predictors, answers of {len(ANSWER):,} bytes; {cores} cores")
    print("workers   req/s  proxy  busiest  predictors    wrk  others   idle   (cores, but req/s and the busiest worker's share)")
    rows: dict[int, list[Row]] = {count: [] for count in COUNTS}
    for turn in range(rounds):
        for count in COUNTS if turn % 2 else reversed(COUNTS):
            rows[count].append(turns.measure(served[count]))
            print(line(str(count), rows[count][-1], cores), flush=True)
    for count in COUNTS:
        print(line(f"{count} med", median(rows[count]), cores))
    pairs = list(zip(rows[1], rows[2], strict=True))
    quiet = [pair for pair in pairs if max(row.others for row in pair) < QUIET]
    one, two = median(rows[1]), median(rows[2])
    room = cores * one.proxy / (one.proxy + one.predictors + one.wrk)
    each = [row.proxy / row.per_second * 1e6 for row in (one, two)]
    print(
        f"two workers over one in the same round: {ratios(pairs)}\n"
        f"in rounds in which others took less than {QUIET} cores: {ratios(quiet)}\n"
        f"CPU of the proxy per request: {each[0]:.0f} µs with one, {each[1]:.0f} µs with two\n"
        f"room for {room:.2f} times one worker that has a core to itself, by what its requests cost it and the other two parties"
    )


def ratios(pairs: list[tuple[Row, Row]]) -> str:
    found = [two.per_second / one.per_second for one, two in pairs]
    if not found:
        return "there was none"
    return f"median {statistics.median(found):.2f}, {min(found):.2f} to {max(found):.2f}, of {len(found)}"


def median(rows: list[Row]) -> Row:
    return Row(*(statistics.median(getattr(row, name) for row in rows) for name in Row.__slots__))


def line(who: str, row: Row, cores: int) -> str:
    idle = cores - row.proxy - row.predictors - row.wrk - row.others
    return (
        f"{who:>7}  {row.per_second:6.0f}  {row.proxy:5.2f}  {row.busiest:6.0%}  {row.predictors:10.2f}  "
        f"{row.wrk:5.2f}  {row.others:6.2f}  {idle:5.2f}"
    )


def kill(served: Served, wrk: str, folder: Path, number: int) -> None:
    """Kill workers at rest, then under load; how soon each was back."""
    request = post("/predict/bare", REQUEST)
    print("\nfrom kill -9 to the first good answer of the successor:")
    print(f"  at rest     {back(served, request, number)}", flush=True)
    with asking(wrk, f"http://{HOST}:{served.port}/predict/bare", LOADED, folder):
        print(f"  under load  {back(served, request, number)}")


def back(served: Served, request: bytes, number: int) -> str:
    seconds = []
    for _ in range(number):
        time.sleep(kills.PAUSE)
        seconds.append(kills.seconds_until_back(served.pid, served.port, request))
    load = os.getloadavg()[0]
    return f"median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s of {number} (load average {load:.1f})"


if __name__ == "__main__":
    main()
