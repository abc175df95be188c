"""Children one below the other: all at once, one of them, in turn, or copies beside the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from plait.graph.draw.block import Block, Dot, Inside, Line, Placed, Point, Span, Text
from plait.graph.draw.letters import ELLIPSIS, width, wrap
from plait.graph.draw.shown import Shown

TRUNK = 16
EDGE = 34
BETWEEN = 14
BETWEEN_TURNS = 28
RAIL = 24
BADGE = 9
NOTE = 190
NOTE_LINES = 2
NOTE_LINE = 14
NOTE_LEFT = 12
NOTE_UP = 6
NEAR = 12


def stack(shown: Shown, blocks: Sequence[Block], least: int) -> Inside:
    """All of them at once: lines part at the left edge and meet at the right one."""
    return _forked(shown, blocks, least, "dot")


def choice(shown: Shown, blocks: Sequence[Block], least: int) -> Inside:
    """One of them: the lines part at a diamond, each with its note."""
    return _forked(shown, blocks, least, "diamond")


def _forked(shown: Shown, blocks: Sequence[Block], least: int, fork: Literal["dot", "diamond"]) -> Inside:
    children = _column(blocks, EDGE + _room(shown), BETWEEN)
    wide = max(_right(children) + EDGE, least)
    middle = _middle([child.entry[1] for child in children])
    lines = [Line(_bent((0, middle), TRUNK, child.entry), child.tip) for child in children]
    lines += _joining(children, middle, wide)
    dots = (Dot(0, middle, fork), Dot(wide, middle))
    return Inside(wide, _bottom(children), middle, middle, children, tuple(lines), dots, tuple(_notes(children, TRUNK)))


def turns(shown: Shown, blocks: Sequence[Block], least: int) -> Inside:
    """In turn, by number: down a dashed line to the next, and out from whichever does."""
    children = _column(blocks, RAIL + EDGE + _room(shown), BETWEEN_TURNS if shown.onward else BETWEEN)
    onward = width(shown.onward, "note")
    wide = max(_right(children) + EDGE, least, RAIL + onward + 2 * NOTE_LEFT)
    levels = [child.entry[1] for child in children]
    lines = [Line(((0, levels[0]), (RAIL - BADGE, levels[0])))]
    lines += [Line(((RAIL + BADGE, child.entry[1]), child.entry), child.tip) for child in children]
    lines += [Line(((RAIL, one + BADGE), (RAIL, two - BADGE)), tip=True, dashed=True) for one, two in pairwise(levels)]
    lines += _joining(children, levels[0], wide)
    dots = [Dot(RAIL, level, "badge", str(place)) for place, level in enumerate(levels, 1)]
    words = (Span(shown.onward, "note"),)
    texts = [Text(RAIL + NOTE_LEFT, child.y - BETWEEN_TURNS // 2 + 4, words, onward) for child in children[1:] if shown.onward]
    texts += _notes(children, RAIL + BADGE)
    dots.append(Dot(wide, levels[0]))
    return Inside(wide, _bottom(children), levels[0], levels[0], children, tuple(lines), tuple(dots), tuple(texts))


def beside(shown: Shown, blocks: Sequence[Block], least: int) -> Inside:
    """The first one straight on; the others get copies, and nothing comes back from them."""
    children = _column(blocks, EDGE + _room(shown), BETWEEN)
    first, *others = children
    wide = max(_right(children) + EDGE, least)
    level, out = first.entry[1], first.exit[1]
    lines = [Line(_bent((0, level), TRUNK, child.entry), child.tip, dashed=True) for child in others]
    lines += [Line(((0, level), first.entry), first.tip), Line((first.exit, (wide, out)))]
    return Inside(wide, _bottom(children), level, out, children, tuple(lines), (), tuple(_notes(children, TRUNK)))


def _column(blocks: Sequence[Block], left: int, between: int) -> tuple[Placed, ...]:
    """The blocks below each other, the cards among them equally wide."""
    widest = max((block.width for block in blocks if not block.children), default=0)
    placed = []
    down = max(0, NOTE_UP + NOTE_LINE * len(_written(blocks[0].shown)) - blocks[0].entry)
    for block in blocks:
        placed.append(Placed(left, down, block if block.children else replace(block, width=widest)))
        down += block.height + between
    return tuple(placed)


def _middle(levels: list[int]) -> int:
    """Where the lines part: between the first and the last, straight on to one that is near."""
    middle = (levels[0] + levels[-1]) // 2
    nearest = min(levels, key=lambda level: abs(level - middle))
    return nearest if abs(nearest - middle) <= NEAR else middle


def _joining(children: Sequence[Placed], level: int, wide: int) -> Iterator[Line]:
    for child in children:
        yield Line(tuple(reversed(_bent((wide, level), wide - TRUNK, child.exit))))


def _bent(start: Point, trunk: int, end: Point) -> tuple[Point, ...]:
    """Along, up or down at `trunk`, and along again."""
    return (start, end) if start[1] == end[1] else (start, (trunk, start[1]), (trunk, end[1]), end)


def _room(shown: Shown) -> int:
    """What the longest note of a child takes."""
    longest = max((width(line, "note") for child in shown.children for line in _written(child)), default=0)
    return longest + NOTE_LEFT if longest else 0


def _written(child: Shown) -> tuple[str, ...]:
    """The lines of a child's note."""
    return wrap((child.note,), "note", NOTE, NOTE_LINES) if child.note else ()


def _notes(children: Sequence[Placed], left: int) -> Iterator[Text]:
    """The notes, each above the line that leads to its child."""
    for child in children:
        lines = _written(child.block.shown)
        whole = child.block.shown.note if lines and lines[-1].endswith(ELLIPSIS) else ""
        for up, line in enumerate(reversed(lines)):
            y = child.entry[1] - NOTE_UP - NOTE_LINE * up
            yield Text(left + NOTE_LEFT, y, (Span(line, "note"),), width(line, "note"), whole)


def _right(children: Sequence[Placed]) -> int:
    return max(child.x + child.block.width for child in children)


def _bottom(children: Sequence[Placed]) -> int:
    return max(child.y + child.block.height for child in children)
