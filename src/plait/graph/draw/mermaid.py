"""Graphs as mermaid flowcharts, for places that draw those: a README, an issue, a wiki."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import TYPE_CHECKING, NamedTuple

from plait.graph.draw.letters import ELLIPSIS, SEPARATOR, one_line
from plait.graph.draw.shown import Shown, shown
from plait.nodes.node import Arrangement
from plait.spec.fields import duration_text

if TYPE_CHECKING:
    from plait.graph.spec import Config

LONGEST = 160
"""Letters of a text; mermaid breaks lines by itself."""

Form = tuple[str, str]
_BOX: Form = ('["', '"]')
_PILL: Form = ('(["', '"])')
_HEXAGON: Form = ('{{"', '"}}')
_DIAMOND: Form = ('{"', '"}')
_JOIN: Form = ('((" ', '"))')  # a circle; mermaid wants something in it

# Words that mean something even in quotes: to mermaid, to its markdown, and to its search for icons.
_WORDS = re.compile(r"style|classdef|www|f(?=a[a-z]?:fa-)", re.IGNORECASE)
# What mermaid itself writes for `#` and `;` while it works.
_ITS_OWN = str.maketrans({"ﬂ": "fl", "¶": "�"})


class Ends(NamedTuple):
    """Where lines lead into a node, and where they leave it."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A flowchart while it is written."""

    lines: list[str] = field(default_factory=lambda: ["flowchart LR"])
    numbers: Iterator[int] = field(default_factory=count)

    def box(self, form: Form, *words: str) -> str:
        """A new node with lines of words; its name."""
        name = f"n{next(self.numbers)}"
        self.lines.append(f"  {name}{'<br>'.join(map(escaped, filter(None, words))).join(form)}")
        return name

    def join(self, one: str, two: str, label: str = "", line: str = "-->") -> None:
        """A line between two nodes."""
        words = f'|"{escaped(label)}"|' if label else ""
        self.lines.append(f"  {one} {line}{words} {two}")

    @contextmanager
    def within(self, *words: str) -> Iterator[None]:
        """A frame around the nodes that are made meanwhile."""
        self.lines.append(f'  subgraph n{next(self.numbers)}["{escaped(SEPARATOR.join(words))}"]\n  direction LR')
        yield
        self.lines.append("  end")


def mermaid(config: Config, names: Sequence[str]) -> str:
    """Graphs as one flowchart: a single one as it is, several as a frame each, with name, route and timeout."""
    chart = Chart()
    for name in names:
        if len(names) == 1:
            _node(chart, shown(config, name))
            continue
        timeout = duration_text(config.graphs[name].timeout or config.defaults.graph.timeout)
        with chart.within(name, f"POST {config.route(name)}", f"timeout {timeout}"):
            _node(chart, shown(config, name))
    return "\n".join(chart.lines)


def escaped(text: str) -> str:
    """A text as it may stand in quotes: what mermaid, its markdown or HTML would understand is written by number."""
    text = one_line(text).translate(_ITS_OWN)
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + ELLIPSIS
    special = {place for found in _WORDS.finditer(text) for place in range(*found.span())}
    padded = f" {text} "
    return "".join(
        char if place not in special and _plain(padded[place], char, padded[place + 2]) else f"#{ord(char)};"
        for place, char in enumerate(text)
    )


def _plain(before: str, char: str, after: str) -> bool:
    """Whether a letter means nothing but itself between these two."""
    inside = before.isalnum() and after.isalnum()
    return char.isalnum() or char in " ·…,()=/'" or (char in "._:-" and inside)


def _words(node: Shown) -> tuple[str, str, str]:
    said = node.headline
    facts = [fact.removeprefix("http://") for fact in said.facts]
    return f"{said.title} · {said.kind}" if said.kind else said.title, SEPARATOR.join(facts), SEPARATOR.join(said.options)


def _node(chart: Chart, node: Shown) -> Ends:
    if node.children:
        return _ARRANGED[node.arrangement](chart, node)
    name = chart.box(_PILL if "graph" in node.marks else _BOX, *_words(node))
    return Ends(name, name)


def _row(chart: Chart, node: Shown) -> Ends:
    if not node.plain:
        return _frame(chart, node)
    ends = [_node(chart, child) for child in node.children]
    for one, two in pairwise(ends):
        chart.join(one.last, two.first)
    return Ends(ends[0].first, ends[-1].last)


def _frame(chart: Chart, node: Shown) -> Ends:
    notes = (f"for {child.note}" for child in node.children if child.note)
    title, *more = _words(node)
    with chart.within(*filter(None, (title, *notes, *more))):
        ends = [_node(chart, child) for child in node.children]
        for one, two in pairwise(ends):
            chart.join(one.last, two.first)
    return Ends(ends[0].first, ends[-1].last)


def _stack(chart: Chart, node: Shown) -> Ends:
    return _forked(chart, node, _HEXAGON)


def _choice(chart: Chart, node: Shown) -> Ends:
    return _forked(chart, node, _DIAMOND)


def _forked(chart: Chart, node: Shown, form: Form) -> Ends:
    fork = chart.box(form, *_words(node))
    ends = [_node(chart, child) for child in node.children]
    join = chart.box(_JOIN)
    for child, (first, last) in zip(node.children, ends, strict=True):
        chart.join(fork, first, child.note)
        chart.join(last, join)
    return Ends(fork, join)


def _turns(chart: Chart, node: Shown) -> Ends:
    fork = chart.box(_HEXAGON, *_words(node))
    ends = [_node(chart, child) for child in node.children]
    join = chart.box(_JOIN)
    chart.join(fork, ends[0].first, "1")
    for place, (one, two) in enumerate(pairwise(ends), 2):
        chart.join(one.last, two.first, f"{place} · {node.onward}" if node.onward else str(place), "-.->")
    for _, last in ends:
        chart.join(last, join)
    return Ends(fork, join)


def _beside(chart: Chart, node: Shown) -> Ends:
    fork = chart.box(_HEXAGON, *_words(node))
    main, *copies = [_node(chart, child) for child in node.children]
    chart.join(fork, main.first)
    for child, copy in zip(node.children[1:], copies, strict=True):
        chart.join(fork, copy.first, child.note, "-.->")
    return Ends(fork, main.last)


_ARRANGED: dict[Arrangement, Callable[[Chart, Shown], Ends]] = {
    "row": _row,
    "stack": _stack,
    "choice": _choice,
    "turns": _turns,
    "frame": _frame,
    "beside": _beside,
}
