"""Graphs to draw, of every kind that there is and some that are not, and where all of a picture's boxes are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from hypothesis import strategies as st
from pydantic import TypeAdapter

from plait.graph.draw.block import Block, Text
from plait.graph.draw.letters import FONTS
from plait.graph.spec import Config, GraphSpec
from plait.nodes.cascade import Cascade
from plait.nodes.fallback import Fallback
from plait.nodes.link import Child, Link
from plait.nodes.node import Arrangement, NodeSpec
from plait.nodes.parallel import Parallel
from plait.nodes.sequence import Sequence
from plait.nodes.split import Share, Split
from plait.nodes.switch import Case, Otherwise, Switch
from plait.nodes.union import Node
from plait.types import Call

Rect = tuple[int, int, int, int]


class Each(NodeSpec):
    """A kind that pictures have never heard of: a node for every item."""

    kind: ClassVar[str] = "each"
    summary: ClassVar[str] = "for every item"
    arrangement: ClassVar[Arrangement] = "frame"

    items: str
    do: NodeSpec

    def children(self) -> tuple[Child, ...]:
        return (Child(self.do, ("do",), self.do.label, f"each item of {self.items}"),)

    def bind(self, link: Link) -> Call:
        raise AssertionError("only to be drawn")


class Copied(NodeSpec):
    """Another: a node, and a copy of it that nobody waits for."""

    kind: ClassVar[str] = "copied"
    summary: ClassVar[str] = "with a copy"
    arrangement: ClassVar[Arrangement] = "beside"

    of: NodeSpec
    copied: NodeSpec

    def children(self) -> tuple[Child, ...]:
        return Child(self.of, ("of",), self.of.label), Child(self.copied, ("copied",), self.copied.label, "copy")

    def bind(self, link: Link) -> Call:
        raise AssertionError("only to be drawn")


node = TypeAdapter[Any](Node).validate_python
WORDS = [
    "a",
    "output.confidence >= 0.9",
    'input.lang == "de" && size(input.text) > 1000',
    "日本語のテキスト",
    "W" * 90,
    "مرحبا 😀",
    "</title><b>",
]


def config(root: NodeSpec, predictors: dict[str, Any] | None = None) -> Config:
    """A configuration of one graph, `predict`, whose root needs no check."""
    known = Config.model_validate({"predictors": predictors or {"small": {"url": "http://127.0.0.1:8000"}}})
    return known.model_copy(update={"graphs": {"predict": GraphSpec.model_construct(root=root)}})


def _composed(inner: st.SearchStrategy[NodeSpec]) -> st.SearchStrategy[NodeSpec]:
    some = st.lists(inner, min_size=1, max_size=4).map(tuple)
    word = st.sampled_from(WORDS)
    name = st.none() | st.just("named")
    return st.one_of(
        st.builds(Sequence.model_construct, sequence=some, name=name),
        st.builds(Parallel.model_construct, parallel=some, timeout=st.none() | st.just(0.25)),
        st.builds(Fallback.model_construct, fallback=some),
        st.builds(Cascade.model_construct, cascade=some, until=word, name=name),
        st.builds(
            lambda nodes, when: Switch.model_construct(
                switch=(
                    *(Case.model_construct(when=when, then=one) for one in nodes),
                    Otherwise.model_construct(otherwise=nodes[0]),
                )
            ),
            some,
            word,
        ),
        st.builds(
            lambda nodes: Split.model_construct(split=tuple(Share.model_construct(weight=1.0, to=one) for one in nodes)), some
        ),
        st.builds(Each.model_construct, items=word, do=inner),
        st.builds(Copied.model_construct, of=inner, copied=inner, when=st.none() | word),
    )


_LEAVES = [
    "small",
    "unheard_of",
    {"predict": "small", "timeout": "250ms", "optional": True, "on_error": "skip"},
    {"transform": {"a": "${input.score}", "much": "W " * 60}, "name": "shape"},
    {"value": "日本 <b> \x00 \u202e"},
]
nodes = st.recursive(st.sampled_from(_LEAVES).map(node), _composed, max_leaves=12)


def walk(block: Block, x: int = 0, y: int = 0) -> Iterator[tuple[Block, Rect]]:
    """Every block and its place on the page."""
    yield block, (x, y, x + block.width, y + block.height)
    for child in block.children:
        yield from walk(child.block, x + child.x, y + child.y)


def text_rect(text: Text) -> Rect:
    """Where a text stands, in its block."""
    return text.x, text.y - max(FONTS[span.style].size for span in text.spans) + 2, text.x + text.width, text.y + 2


def overlap(one: Rect, two: Rect) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def within(inner: Rect, outer: Rect) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
