"""The figures as text: for a terminal, for bench/README.md, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from results import Goal, Measured, Results
from trouble import Trouble

BEGIN = "<!-- figures: written by `make bench`, not by hand -->"
END = "<!-- end of the figures -->"
PEERS = (
    "proxy",
    "CPU per request, µs",
    "requests per second",
    "p50, ms",
    "p99, ms",
    "added latency, ms",
    "idle memory, MB",
)
GOALS = ("figure", "goal", "measured", "")


def as_json(results: Results) -> str:
    """Everything, each round included."""
    ratios = {f"{over}_to_{under}": results.ratio(over, under) for over, under in (("plait", "njs"), ("plain", "plait"))}
    derived = {
        "cpu_ratios": {name: asdict(ratio) for name, ratio in ratios.items() if ratio},
        "goals": [{**asdict(goal), "met": goal.met()} for goal in results.goals()],
    }
    return json.dumps(_rounded({**asdict(results), **derived}), indent=1, ensure_ascii=False) + "\n"


def show(results: Results, console: Console) -> None:
    """Print the tables."""
    console.print(_table(PEERS, _peer_lines(results), firm=PEERS[:1]), "")
    console.print(_table(GOALS, _goal_lines(results), firm=GOALS[1:]), "")
    console.print(_spread(results), highlight=False)


def _table(head: tuple[str, ...], lines: list[tuple[str, ...]], firm: tuple[str, ...]) -> Table:
    """A table in which only the firm columns keep their lines whole."""
    columns = (Column(name, justify="left" if name == head[0] else "right", no_wrap=name in firm) for name in head)
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for line in lines:
        table.add_row(*line)
    return table


def write_section(file: Path, results: Results) -> None:
    """Put the figures between the marks of a Markdown file.

    Raises:
        Trouble: If the marks are not there.
    """
    before, begin, rest = file.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise Trouble(f"{file} lacks the lines {BEGIN} and {END}, between which the figures belong")
    file.write_text(f"{before}{begin}\n{_markdown(results)}\n{end}{after}")


def _markdown(results: Results) -> str:
    machine = results.machine
    where = ", ".join((machine["processor"], f"{machine['cores']} cores", machine["memory"], machine["system"]))
    others = ("python", "plait", "uvloop", "httptools", "nginx", "wrk", "fastapi", "uvicorn", "httpx")
    how = "{rounds} rounds of {seconds} s, {connections} connections".format_map(results.settings)
    versions = ", ".join(f"{name} {machine[name]}" for name in others)
    parts = (
        _grid(PEERS, _peer_lines(results)),
        _spread(results),
        _grid(GOALS, _goal_lines(results)),
        f"Measured {results.when}: {how}.\nMachine: {where}.\nVersions: {versions}.",
    )
    return "\n" + "\n\n".join(parts) + "\n"


def _grid(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    rule = ("---", *("---:" for _ in head[1:]))
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))


def _peer_lines(results: Results) -> list[tuple[str, ...]]:
    return [_peer_line(one) for one in results.peers.values()]


def _peer_line(one: Measured) -> tuple[str, ...]:
    row, memory = one.median, one.idle["rss_mb"]
    figures = (row.cpu_us, row.per_second, row.p50_ms, row.p99_ms, row.added_ms, memory)
    return one.title, *("?" if figure is None else digits(figure) for figure in figures)


def _goal_lines(results: Results) -> list[tuple[str, ...]]:
    return [(goal.what, _limit(goal), f"{digits(goal.value)} {goal.unit}", _met(goal)) for goal in results.goals()]


def _met(goal: Goal) -> str:
    return "met" if goal.met() else "missed"


def _limit(goal: Goal) -> str:
    return f"{'at least' if goal.at_least else 'at most'} {goal.limit:g} {goal.unit}"


def _spread(results: Results) -> str:
    ratio = results.ratio("plait", "njs")
    if ratio is None:
        return "Medians over all rounds."
    return (
        f"Medians over all rounds. CPU per request, plait over njs in the same round: median {ratio.median:.2f}, "
        f"lowest {ratio.low:.2f}, highest {ratio.high:.2f}; best round against best round {ratio.best_to_best:.2f}."
    )


def digits(value: float) -> str:
    """Three digits that count, the thousands marked."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value
