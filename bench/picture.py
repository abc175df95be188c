"""The figures as a picture, which a README can show."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from report import digits
from results import Results
from rounds import Row

OWN, OTHERS, INK, QUIET = "#5b3fb0", "#9fb3c8", "#1f2933", "#616e7c"
# The same figures give the same bytes: no date, no random ids.
mpl.rcParams.update({"svg.hashsalt": "plait", "font.family": "DejaVu Sans", "font.size": 10, "text.color": INK})


@dataclass(frozen=True, slots=True)
class Panel:
    """One column of the picture."""

    title: str
    better: str
    of: Callable[[Row], float]
    unit: str


PANELS = (
    Panel("CPU per request", "less is better", lambda row: row.cpu_us, "µs"),
    Panel("Requests per second", "more is better", lambda row: row.per_second, ""),
    Panel("Added latency", "less is better", lambda row: row.added_ms, "ms"),
)


def draw(results: Results, file: Path) -> None:
    """Write the picture; the file's suffix says in which format."""
    figure = Figure(figsize=(11, 0.62 * len(results.peers) + 1.55), facecolor="white", layout="constrained")
    figure.suptitle("One request, three predictors asked at once", x=0.008, ha="left", fontweight="bold", fontsize=13)
    for index, (axes, panel) in enumerate(zip(figure.subplots(1, len(PANELS)), PANELS, strict=True)):
        _panel(axes, panel, results, named=index == 0)
    figure.supxlabel(_note(results), fontsize=8.5, color=QUIET, x=0.008, ha="left")
    figure.savefig(file, dpi=110, metadata={"Date": None} if file.suffix == ".svg" else {})


def _panel(axes: Axes, panel: Panel, results: Results, *, named: bool) -> None:
    peers = list(results.peers.items())
    # A bar of no length has no logarithm.
    values = [max(panel.of(one.median), 1e-3) for _, one in peers]
    bars = axes.barh(range(len(peers)), values, height=0.62, color=[OWN if name == "plait" else OTHERS for name, _ in peers])
    axes.bar_label(bars, [f"{digits(value)} {panel.unit}".strip() for value in values], padding=5, fontweight="bold")
    axes.set_yticks(range(len(peers)), [one.title for _, one in peers] if named else [""] * len(peers), fontsize=11)
    axes.set_title(f"{panel.title} ({panel.better})", loc="left", fontsize=10, color=QUIET)
    axes.set_xscale("log")
    # From the power of ten below the shortest bar; at the right, room for the longest one's label.
    axes.set_xlim(10 ** math.floor(math.log10(min(values) / 2)), max(values) * 10)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.invert_yaxis()
    axes.tick_params(length=0, colors=QUIET, labelsize=8, axis="x", which="both")
    axes.tick_params(length=0, axis="y")
    axes.spines[:].set_visible(False)
    axes.grid(axis="x", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)


def _note(results: Results) -> str:
    settings, machine = results.settings, results.machine
    return (
        f"Logarithmic scales. Median of {settings['rounds']} rounds in turn, {settings['connections']} connections, one worker "
        f"each, on {machine['cores']} cores of {machine['processor']}; load and predictors on the same cores."
    )
