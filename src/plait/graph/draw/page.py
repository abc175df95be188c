"""A page: graphs one below the other, each under a heading, with where its request comes in and its answer leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from plait.graph.draw.block import Line, Placed, Span, Text
from plait.graph.draw.layout import layout
from plait.graph.draw.letters import cut, width, wrap
from plait.graph.draw.shown import Shown, shown
from plait.spec.fields import duration_text

if TYPE_CHECKING:
    from plait.graph.spec import Config

MARGIN = 24
END = 34
BELOW_HEADING = 16
BETWEEN = 40
HEADING = 20
RING = 5
GAP = 10


class Picture(NamedTuple):
    """One graph on a page: its root, the lines in and out, its heading, and how far it reaches."""

    root: Placed
    line_in: Line
    line_out: Line
    texts: tuple[Text, ...]
    right: int
    bottom: int


class Page(NamedTuple):
    """All that is drawn."""

    width: int
    height: int
    pictures: tuple[Picture, ...]


def page(pictures: Sequence[Picture]) -> Page:
    """The page that holds the pictures."""
    right = max((one.right for one in pictures), default=0)
    bottom = max((one.bottom for one in pictures), default=0)
    return Page(right + MARGIN, bottom + MARGIN, tuple(pictures))


def picture(root: Shown, heading: Sequence[Iterable[Span]], top: int) -> Picture:
    """A graph, laid out.

    Args:
        root: Its first node.
        heading: The lines above it.
        top: Where it begins.
    """
    block = layout(root)
    texts = []
    for spans in heading:
        top += HEADING
        texts.append(_text(tuple(spans), top - 5))
    down = top + BELOW_HEADING if texts else top
    placed = Placed(MARGIN + END, down, block)
    line_in = Line(((MARGIN + 2 * RING, placed.entry[1]), placed.entry), placed.tip)
    x, y = placed.exit
    line_out = Line((placed.exit, (x + END - RING, y)), tip=True)
    right = max([x + END + RING, placed.x + block.width, *(text.x + text.width for text in texts)])
    return Picture(placed, line_in, line_out, tuple(texts), right, down + block.height)


def graphs(config: Config, names: Sequence[str]) -> Page:
    """Graphs of a configuration, each under its name, route, timeout and description."""
    found: list[Picture] = []
    for name in names:
        top = found[-1].bottom + BETWEEN if found else MARGIN - 4
        found.append(picture(shown(config, name), _heading(config, name), top))
    return page(found)


def _heading(config: Config, name: str) -> list[tuple[Span, ...]]:
    spec = config.graphs[name]
    timeout = duration_text(spec.timeout or config.defaults.graph.timeout)
    lines = [(Span(name, "heading"), Span(f"POST {config.route(name)}", "route"), Span(f"timeout {timeout}", "route"))]
    return [*lines, *((Span(line, "route"),) for line in wrap([spec.description] if spec.description else [], "route", 640, 3))]


def _text(spans: tuple[Span, ...], y: int) -> Text:
    fitting = tuple(Span(cut(text, style, 640), style) for text, style in spans)
    return Text(MARGIN, y, fitting, sum(width(text, style) + GAP for text, style in fitting) - GAP)
