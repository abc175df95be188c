"""What a composition costs beside the fan-out of three: `python bench/compositions.py [--rounds N] [--seconds N]`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

import nginx
import tools
from client import post
from load import Load, ask_many
from payload import REQUEST
from peers import beside_python
from processes import HOST, Program, end_on_signals, free_ports, running, wait_for_answer
from trouble import Trouble
from usage import cpu_at_rest

NAMES = [f"p{number}" for number in range(10)]
GRAPHS = {
    "one": {"predict": "p0"},
    "three": {"parallel": NAMES[:3]},
    "ten": {"parallel": NAMES},
    "chain": {"sequence": NAMES[:3]},
    "switch": {"switch": [{"when": "input.data[0][0] > 100.0", "then": "p1"}, {"else": "p0"}]},
    "text": {"switch": [{"when": "input.data[0][0] == 5.1", "then": "p0"}, {"else": "p1"}]},
}
CALLS = {"three": 3, "ten": 10, "chain": 3}
NEAR = 1.15
SWITCH_US = 15.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    end_on_signals()
    try:
        rows = dict(measured(said.rounds, said.seconds))
    except Trouble as exc:
        sys.exit(f"bench: {exc}")
    if said.json:
        print(json.dumps(rows))
    else:
        show(rows)


def measured(rounds: int, seconds: int) -> Iterator[tuple[str, list[float]]]:
    """Microseconds of CPU per request of each graph, round by round."""
    found = tools.find(js=False)
    with tempfile.TemporaryDirectory(prefix="plait-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        *ports, port = free_ports(4)
        stack.enter_context(running(nginx.predictors(found.nginx, folder, ports), folder))
        program = proxy(folder, ports, port)
        process = stack.enter_context(running(program, folder))
        wait_for_answer(program, process, folder, post("/predict/one", REQUEST))
        rows: dict[str, list[float]] = {graph: [] for graph in GRAPHS}
        for turn in range(-1, rounds):
            for graph in GRAPHS:
                before = cpu_at_rest(process.pid)
                url = f"http://{HOST}:{port}/predict/{graph}"
                answered = ask_many(found.wrk, url, Load(32, seconds if turn >= 0 else 1), folder)
                used = cpu_at_rest(process.pid) - before
                if turn >= 0:
                    rows[graph].append(used / answered.requests * 1e6)
        yield from rows.items()


def proxy(folder: Path, ports: list[int], port: int) -> Program:
    """plait with all graphs, over ten predictors at three addresses."""
    predictors = {name: {"url": f"http://{HOST}:{ports[place % len(ports)]}"} for place, name in enumerate(NAMES)}
    file = folder / "compositions.json"
    file.write_text(json.dumps({"predictors": predictors, "graphs": GRAPHS}))
    return Program("plait", (beside_python("plait"), "serve", str(file), "--port", str(port)), port, {})


def show(rows: dict[str, list[float]]) -> None:
    per_call = [three / 3 for three in rows["three"]]
    table = Table("graph", "µs of CPU a request", "beside the fan-out of three, per call", "goal")
    for graph, all_us in rows.items():
        median = statistics.median(all_us)
        if graph in CALLS:
            ratio = statistics.median(us / CALLS[graph] / each for us, each in zip(all_us, per_call, strict=True))
            table.add_row(graph, f"{median:.1f}", f"{ratio:.2f}", f"at most {NEAR}")
        else:
            more = statistics.median(us - one for us, one in zip(all_us, rows["one"], strict=True))
            table.add_row(
                graph, f"{median:.1f}", "" if graph == "one" else f"{more:+.1f} µs over one", f"at most {SWITCH_US:.0f} µs"
            )
    Console().print(table)


if __name__ == "__main__":
    main()
