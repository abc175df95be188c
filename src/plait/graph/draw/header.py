"""The words of a node: its title, what it does, and its options as chips."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from plait.graph.draw.block import Chip, Span, Text
from plait.graph.draw.letters import SEPARATOR, Style, cut, one_line, width, wrap
from plait.graph.draw.shown import Shown

TITLE_LINE = 18
FACT_LINE = 15
CHIP_LINE = 21
CHIP_HEIGHT = 17
CHIP_PADDING = 6
CHIP_GAP = 5
GAP = 8
FACT_LINES = 3


class Header(NamedTuple):
    """The words, from 0, 0 on."""

    width: int
    height: int
    texts: tuple[Text, ...]
    chips: tuple[Chip, ...]

    def moved(self, x: int, y: int) -> Header:
        """The same elsewhere."""
        texts = tuple(text._replace(x=text.x + x, y=text.y + y) for text in self.texts)
        return self._replace(texts=texts, chips=tuple(chip._replace(x=chip.x + x, y=chip.y + y) for chip in self.chips))


def header(shown: Shown, most: int, more: tuple[str, ...] = ()) -> Header:
    """The words of a node.

    Args:
        shown: The node.
        most: Pixels of a line.
        more: What else it does, such as what its parent or child says of it.
    """
    said = shown.headline
    facts = [fact.removeprefix("http://") for fact in (*more, *said.facts) if fact]
    spans = _title(said.title, said.kind, most)
    if shown.children:  # a frame is wide and low, a card narrow and high
        spans, facts = _beside(spans, facts, most)
    texts = [_text(spans, 0)]
    for place, fact in enumerate(wrap(facts, "fact", most, FACT_LINES), 1):
        texts.append(_text((Span(fact, "fact"),), FACT_LINE * place))
    height = TITLE_LINE + FACT_LINE * (len(texts) - 1)
    chips = tuple(_chips(said.options, most, height + 4))
    if chips:
        height = chips[-1].y + CHIP_HEIGHT
    return Header(max([text.width for text in texts] + [chip.x + chip.width for chip in chips]), height, tuple(texts), chips)


def _title(title: str, kind: str, most: int) -> tuple[Span, ...]:
    taken = width(kind, "kind") + GAP if kind else 0
    spans = (Span(cut(title, "title", most - taken), "title"),)
    return (*spans, Span(kind, "kind")) if kind else spans


def _beside(spans: tuple[Span, ...], facts: list[str], most: int) -> tuple[tuple[Span, ...], list[str]]:
    """As many facts beside the title as fit there, and the rest of them."""
    for count in range(len(facts), 0, -1):
        joined = (*spans, Span(one_line(SEPARATOR.join(facts[:count])), "fact"))
        if _length(joined) <= most:
            return joined, facts[count:]
    return spans, facts


def _text(spans: tuple[Span, ...], y: int) -> Text:
    return Text(0, y + 13, spans, _length(spans))


def _length(spans: Iterable[Span]) -> int:
    return sum(width(text, style) + GAP for text, style in spans) - GAP


def _chips(options: Iterable[str], most: int, y: int) -> Iterable[Chip]:
    style: Style = "option"
    x = 0
    for option in options:
        text = cut(option, style, most - 2 * CHIP_PADDING)
        taken = width(text, style) + 2 * CHIP_PADDING
        if x and x + taken > most:
            x, y = 0, y + CHIP_LINE
        yield Chip(x, y, taken, text)
        x += taken + CHIP_GAP
