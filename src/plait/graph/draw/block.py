"""What a laid-out picture is made of: nested blocks with their boxes, lines and words, in whole pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from plait.graph.draw.letters import Style
from plait.graph.draw.shown import Shown

Point = tuple[int, int]


class Span(NamedTuple):
    """Words in one style."""

    text: str
    style: Style


class Text(NamedTuple):
    """A line of words: where its baseline begins, and at most how long it is."""

    x: int
    y: int
    spans: tuple[Span, ...]
    width: int
    whole: str = ""
    """What was cut, if anything was."""


class Chip(NamedTuple):
    """A word in a small box."""

    x: int
    y: int
    width: int
    text: str


class Line(NamedTuple):
    """A line with rounded corners; with a tip, its end points at what it leads to."""

    points: tuple[Point, ...]
    tip: bool = False
    dashed: bool = False


class Dot(NamedTuple):
    """Where lines part and meet; a badge has a number in it."""

    x: int
    y: int
    form: Literal["dot", "diamond", "badge"] = "dot"
    text: str = ""


class Placed(NamedTuple):
    """A block within another."""

    x: int
    y: int
    block: Block

    @property
    def entry(self) -> Point:
        """Where a line enters it."""
        return self.x, self.y + self.block.entry

    @property
    def tip(self) -> bool:
        """Whether a line to it ends in a tip."""
        return not self.block.ported

    @property
    def exit(self) -> Point:
        """Where a line leaves it."""
        return self.x + self.block.width - self.block.trail, self.y + self.block.exit


@dataclass(frozen=True, slots=True)
class Inside:
    """Children in their places, from 0, 0 on, with the lines between them: one comes in at `entry`, one goes out at `exit`."""

    width: int
    height: int
    entry: int
    exit: int
    children: tuple[Placed, ...]
    lines: tuple[Line, ...]
    dots: tuple[Dot, ...] = ()
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A node, laid out: a line enters at its left at `entry` and leaves at its right at `exit`.

    Args:
        shown: What it is.
        width: Pixels.
        height: Pixels.
        entry: How far below its upper edge a line enters.
        exit: How far below its upper edge a line leaves.
        trail: How far before its right edge that line begins: the last line of a long row may be short.
        boxed: Whether it has a box of its own; a bare sequence has none.
        children: The blocks within.
        lines: Between the edges of this block and its children.
        dots: Where they meet.
        texts: Its words, and those on its lines.
        chips: Its options.
    """

    shown: Shown
    width: int
    height: int
    entry: int
    exit: int
    trail: int = 0
    boxed: bool = True
    children: tuple[Placed, ...] = ()
    lines: tuple[Line, ...] = ()
    dots: tuple[Dot, ...] = ()
    texts: tuple[Text, ...] = ()
    chips: tuple[Chip, ...] = ()

    @property
    def ported(self) -> bool:
        """Whether the line that enters ends at a dot, and so needs no tip."""
        first = self.children[0].block if self.children and not self.boxed else self
        return first.ported if first is not self else any((dot.x, dot.y) == (0, self.entry) for dot in self.dots)
