"""Children in a row, each after the one before; a long row is broken into lines as text is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from plait.graph.draw.block import Block, Inside, Line, Placed
from plait.graph.draw.shown import Shown

BETWEEN = 34
LONGEST = 1040
INDENT = 30
CHANNEL = 16
EDGE = 30


def row(blocks: Sequence[Block]) -> Inside:
    """The blocks from left to right, each entered where the one before is left."""
    children: list[Placed] = []
    lines: list[Line] = []
    left = down = 0
    broken = list(_broken(blocks))
    for pieces in broken:
        placed, height = _line(pieces, left, down)
        if children:
            lines.append(_back(children[-1], placed[0], down - CHANNEL))
        lines += [Line((one.exit, two.entry), two.tip) for one, two in pairwise(placed)]
        children += placed
        left, down = INDENT, down + height + 2 * CHANNEL
    width = max(child.x + child.block.width for child in children) + (CHANNEL if len(broken) > 1 else 0)
    return Inside(width, down - 2 * CHANNEL, children[0].entry[1], children[-1].exit[1], tuple(children), tuple(lines))


def framed(shown: Shown, blocks: Sequence[Block], least: int) -> Inside:  # noqa: ARG001 - every arrangement is given the same
    """The same within a frame, to whose edges it is joined."""
    found = row(blocks)
    width = max(found.width + 2 * EDGE, least)
    children = tuple(child._replace(x=child.x + EDGE) for child in found.children)
    lines = [line._replace(points=tuple((x + EDGE, y) for x, y in line.points)) for line in found.lines]
    first, last = children[0].entry, children[-1].exit
    lines += [Line(((0, first[1]), first), children[0].tip), Line((last, (width, last[1])))]
    return Inside(width, found.height, found.entry, found.exit, children, tuple(lines))


def _broken(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """The blocks of each line."""
    line: list[Block] = []
    taken = 0
    for block in blocks:
        if line and taken + BETWEEN + block.width > LONGEST:
            yield line
            line, taken = [], INDENT
        taken += block.width + (BETWEEN if line else 0)
        line.append(block)
    yield line


def _line(blocks: Sequence[Block], left: int, down: int) -> tuple[list[Placed], int]:
    """The blocks of one line in their places, and its height."""
    tops = []
    level = 0
    for block in blocks:
        tops.append(level - block.entry)
        level = tops[-1] + block.exit
    highest = min(tops)
    placed = []
    for block, top in zip(blocks, tops, strict=True):
        placed.append(Placed(left, down + top - highest, block))
        left += block.width + BETWEEN
    return placed, max(child.y + child.block.height for child in placed) - down


def _back(last: Placed, first: Placed, channel: int) -> Line:
    """From the end of one line to the beginning of the next."""
    (x, y), (to_x, to_y) = last.exit, first.entry
    return Line(((x, y), (x + CHANNEL, y), (x + CHANNEL, channel), (0, channel), (0, to_y), (to_x, to_y)), first.tip)
