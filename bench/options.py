"""What can be said on the command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from load import Load
from peers import PEERS

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Options:
    """What was said.

    Args:
        rounds: How many that count.
        load: The load of each.
        peers: Which are measured.
        ports: Of the predictors; None for free ones.
        tries: How often plait is started for its start-up time; 0 is never.
        out: Folder for the table, the picture and the figures; None writes none.
        json: Print JSON instead of tables.
        install: Install the programs that are missing.
    """

    rounds: int
    load: Load
    peers: list[str]
    ports: list[int] | None
    tries: int
    out: Path | None
    json: bool
    install: bool


def read(arguments: list[str]) -> Options:
    """The options; wrong ones end the program with 2."""
    said = _parser().parse_args(arguments)
    rounds, seconds = (said.rounds or 2, said.seconds or 1) if said.quick else (said.rounds or 12, said.seconds or 3)
    whole = not said.quick and set(said.only) == PEERS.keys()
    return Options(
        rounds=rounds,
        load=Load(said.connections, seconds),
        peers=[name for name in PEERS if name in said.only],
        ports=said.upstream_ports,
        tries=(2 if said.quick else 7) if "plait" in said.only else 0,
        out=said.out or (HERE if whole else None),
        json=said.json,
        install=said.install,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench/run.py",
        description="Measure plait beside nginx with njs and beside FastAPI with httpx: a fan-out of three, in one run.",
    )
    add = parser.add_argument
    add("--rounds", type=_positive, help="rounds that count (12)", metavar="N")
    add("--seconds", type=_positive, help="of load per round (3; FastAPI gets five times as long)", metavar="N")
    add("--connections", type=_positive, default=32, help="of the load (32)", metavar="N")
    add("--only", type=_names, default=list(PEERS), help=f"some of {', '.join(PEERS)}; writes no files", metavar="NAME,…")
    add("--quick", action="store_true", help="two rounds of a second, to see that it works; writes no files")
    add("--out", type=Path, help="write table, picture and figures into this folder (bench, after a whole run)", metavar="DIR")
    add("--upstream-ports", type=_ports, help="where the three predictors listen (free ports)", metavar="N,N,N")
    add("--json", action="store_true", help="print all figures as JSON")
    add("--install", action="store_true", help="as root on Debian and Ubuntu: install nginx, njs and wrk first")
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1 on")
    return int(text)


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in PEERS]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join(PEERS)}")
    return names


def _ports(text: str) -> list[int]:
    ports = [int(port) if port.isdigit() else 0 for port in text.split(",")]
    if len(set(ports)) != 3 or not all(0 < port < 65536 for port in ports):
        raise argparse.ArgumentTypeError(f"{text} is not three different ports")
    return ports
