"""The layout of a graph, by recursion: what a node is made of is laid out first, then placed as its arrangement says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plait.graph.draw.block import Block, Inside
from plait.graph.draw.header import header
from plait.graph.draw.row import framed, row
from plait.graph.draw.shown import Shown
from plait.graph.draw.stack import beside, choice, stack, turns
from plait.nodes.node import Arrangement

CARD = 210
FRAME = 260
LEFT, TOP = 12, 8
BELOW_HEADER = 12
BOTTOM = 14

_INSIDE: dict[Arrangement, Callable[[Shown, Sequence[Block], int], Inside]] = {
    "row": framed,
    "stack": stack,
    "choice": choice,
    "turns": turns,
    "frame": framed,
    "beside": beside,
}


def layout(shown: Shown) -> Block:
    """A node and all within it."""
    if not shown.children:
        return _card(shown)
    blocks = [layout(child) for child in shown.children]
    return _bare(shown, blocks) if shown.arrangement == "row" and shown.plain else _frame(shown, blocks)


def _card(shown: Shown) -> Block:
    words = header(shown, CARD).moved(LEFT, TOP)
    height = words.height + 2 * TOP
    return Block(shown, words.width + 2 * LEFT, height, height // 2, height // 2, texts=words.texts, chips=words.chips)


def _bare(shown: Shown, blocks: Sequence[Block]) -> Block:
    inside = row(blocks)
    trail = inside.width - inside.children[-1].exit[0]
    places = (inside.width, inside.height, inside.entry, inside.exit, trail)
    return Block(shown, *places, boxed=False, children=inside.children, lines=inside.lines)


def _frame(shown: Shown, blocks: Sequence[Block]) -> Block:
    inside_of = _INSIDE[shown.arrangement]
    more = tuple(f"for {child.note}" for child in shown.children if child.note) if shown.arrangement == "frame" else ()
    natural = inside_of(shown, blocks, 0).width
    words = header(shown, max(FRAME, natural) - 2 * LEFT, more).moved(LEFT, TOP)
    inside = inside_of(shown, blocks, words.width + 2 * LEFT)
    down = TOP + words.height + BELOW_HEADER
    return Block(
        shown,
        inside.width,
        down + inside.height + BOTTOM,
        down + inside.entry,
        down + inside.exit,
        children=tuple(child._replace(y=child.y + down) for child in inside.children),
        lines=tuple(line._replace(points=tuple((x, y + down) for x, y in line.points)) for line in inside.lines),
        dots=tuple(dot._replace(y=dot.y + down) for dot in inside.dots),
        texts=(*words.texts, *(text._replace(y=text.y + down) for text in inside.texts)),
        chips=words.chips,
    )
