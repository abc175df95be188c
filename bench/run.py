"""Measure plait beside nginx with njs, and beside FastAPI with httpx, in one run: `make bench`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

import machine
import options
import tools
from options import Options
from peers import PEERS, Scene
from picture import draw
from processes import end_on_signals, free_ports, must_be_free
from progress import Say, steps
from report import as_json, show, write_section
from results import Results, measured
from rounds import Row, Started, rounds, started
from startup import Soon, soon
from trouble import Trouble


def main() -> None:
    said = options.read(sys.argv[1:])
    end_on_signals()
    try:
        results = run(said)
        if said.json:
            sys.stdout.write(as_json(results))
        else:
            show(results, Console())
        if said.out:
            write(results, said.out)
    except Trouble as exc:
        sys.exit(f"bench: {exc}")
    except KeyboardInterrupt:
        sys.exit(130)


def run(said: Options) -> Results:
    """Start everything, measure, end everything."""
    if said.install:
        tools.install()
    found = tools.find(js="njs" in said.peers)
    total = bool(said.tries) + said.rounds * len(said.peers)
    with scene(found, said) as here, ExitStack() as stack, steps(total, Console(stderr=True)) as say:
        running = started(here, said.peers, stack)
        early = startup(here, said.tries, say) if said.tries else None
        rows = measure(here, running, said, say)
    return Results(
        when=f"{datetime.now(UTC):%Y-%m-%d}",
        settings={"rounds": said.rounds, "seconds": said.load.seconds, "connections": said.load.connections},
        machine=machine.facts(found),
        peers={name: measured(PEERS[name].title, rows[name], one.idle) for name, one in running.items()},
        soon=early,
    )


@contextmanager
def scene(found: tools.Tools, said: Options) -> Iterator[Scene]:
    """A folder that ends with the run, and the predictors' ports."""
    must_be_free(said.ports or ())
    with tempfile.TemporaryDirectory(prefix="plait-bench-") as name:
        folder = Path(name)
        # nginx, started by root, works as another user.
        folder.chmod(0o755)
        yield Scene(found, folder, said.ports or free_ports(3))


def startup(here: Scene, tries: int, say: Say) -> Soon:
    early = soon(here, tries)
    say(f"plait: first answer after {min(early.first_answer):.2f} s, help after {min(early.help):.2f} s")
    return early


def measure(here: Scene, running: dict[str, Started], said: Options, say: Say) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {name: [] for name in running}
    for name, row in rounds(here, running, said.rounds, said.load):
        rows[name].append(row)
        say(
            f"{name:5} {len(rows[name]):2}: {row.cpu_us:7.0f} µs CPU, {row.per_second:6.0f}/s, "
            f"p50 {row.p50_ms:6.1f} ms, p99 {row.p99_ms:6.1f} ms, adds {row.added_ms:5.2f} ms"
        )
    return rows


def write(results: Results, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(as_json(results))
    draw(results, folder / "fanout.svg")
    readme = folder / "README.md"
    if readme.exists():
        write_section(readme, results)


if __name__ == "__main__":
    main()
