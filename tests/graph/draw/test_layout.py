"""The laws of a layout: nothing overlaps, everything is within its frame, and lines lead from box to box."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from hypothesis import given

from plait.graph.draw.block import Block, Dot, Line, Point
from plait.graph.draw.layout import layout
from plait.graph.draw.shown import shown
from plait.nodes.node import NodeSpec
from tests.graph.draw.drawing import Each, Rect, config, node, nodes, overlap, text_rect, walk, within


def laid_out(root: NodeSpec) -> Block:
    return layout(shown(config(root), "predict"))


def children_of(block: Block) -> list[Rect]:
    return [(one.x, one.y, one.x + one.block.width, one.y + one.block.height) for one in block.children]


def boxes_in(block: Block, x: int = 0, y: int = 0) -> Iterator[Rect]:
    """The boxes in a block; of a bare sequence, which is none, those of its steps."""
    for left, top, inner in block.children:
        if inner.boxed:
            yield x + left, y + top, x + left + inner.width, y + top + inner.height
        else:
            yield from boxes_in(inner, x + left, y + top)


def ends(block: Block) -> set[Point]:
    """Where a line may begin or end: at the edges of a block and of its children, and at its dots."""
    found = {(0, block.entry), (block.width - block.trail, block.exit)}
    found |= {point for child in block.children for point in (child.entry, child.exit)}
    return found | {point for dot in block.dots for point in around(dot)}


def around(dot: Dot) -> list[Point]:
    reach = 9 if dot.form == "badge" else 0
    return [(dot.x, dot.y), (dot.x - reach, dot.y), (dot.x + reach, dot.y), (dot.x, dot.y - reach), (dot.x, dot.y + reach)]


def segments(line: Line) -> list[Rect]:
    return [(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])) for a, b in pairwise(line.points)]


@given(nodes)
def test_no_two_boxes_overlap_and_children_lie_within_their_frames(root: NodeSpec) -> None:
    for block, _ in walk(laid_out(root)):
        rects = children_of(block)
        assert not any(overlap(one, two) for one, two in combinations(rects, 2))
        assert all(within(rect, (0, 0, block.width, block.height)) for rect in rects)


@given(nodes)
def test_words_stay_in_their_box_and_clear_of_the_boxes_within_and_of_each_other(root: NodeSpec) -> None:
    for block, _ in walk(laid_out(root)):
        words = [text_rect(text) for text in block.texts]
        words += [(chip.x, chip.y, chip.x + chip.width, chip.y + 17) for chip in block.chips]
        assert all(within(rect, (0, 0, block.width, block.height)) for rect in words)
        assert not any(overlap(rect, child) for rect in words for child in children_of(block))
        assert not any(overlap(one, two) for one, two in combinations(words, 2))


@given(nodes)
def test_lines_lead_from_end_to_end_along_the_axes_and_through_no_box_and_no_word(root: NodeSpec) -> None:
    for block, _ in walk(laid_out(root)):
        obstacles = [*boxes_in(block), *(text_rect(text) for text in block.texts)]
        for line in block.lines:
            assert {line.points[0], line.points[-1]} <= ends(block)
            assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(line.points))
            assert not any(overlap(part, rect) for part in segments(line) for rect in obstacles)


@given(nodes)
def test_every_child_is_led_to(root: NodeSpec) -> None:
    for block, _ in walk(laid_out(root)):
        reached = {point for line in block.lines for point in (line.points[0], line.points[-1])}
        led_to = block.children if block.boxed else block.children[1:]
        assert {child.entry for child in led_to} <= reached


@given(nodes)
def test_the_steps_of_a_sequence_go_left_to_right_or_on_to_the_next_line(root: NodeSpec) -> None:
    for block, _ in walk(laid_out(root)):
        if block.shown.kind == "sequence":
            for (_, _, right, bottom), (left, top, _, _) in pairwise(children_of(block)):
                assert left > right or top > bottom


def test_branches_stand_below_each_other_and_cards_are_equally_wide() -> None:
    block = laid_out(node({"parallel": {"a": "small", "b": {"predict": "small", "timeout": "10ms"}, "c": {"value": 1}}}))
    rects = children_of(block)
    assert len({(left, right) for left, _, right, _ in rects}) == 1
    assert [top for _, top, _, _ in rects] == sorted(top for _, top, _, _ in rects)
    assert [dot.form for dot in block.dots] == ["dot", "dot"]


def test_steps_are_on_one_line() -> None:
    block = laid_out(node({"sequence": ["small", {"parallel": {"a": "small", "b": {"value": 1}}}, {"transform": "x"}]}))
    assert len({child.entry[1] for child in block.children}) == 1


def test_a_switch_has_its_conditions_on_its_lines() -> None:
    block = laid_out(node({"switch": [{"when": "input.x > 1", "then": "small"}, {"else": {"value": 1}}]}))
    words = [span.text for text in block.texts for span in text.spans]
    assert words == ["switch", "when input.x > 1", "else"]
    assert block.dots[0].form == "diamond"


def test_choices_in_turn_are_numbered_and_say_when_the_next_is_asked() -> None:
    block = laid_out(node({"cascade": ["small", "small", "small"], "until": "output.sure"}))
    assert [dot.text for dot in block.dots if dot.form == "badge"] == ["1", "2", "3"]
    assert [text.spans[0].text for text in block.texts[1:]] == ["if it fails or is not enough"] * 2
    assert sum(line.dashed for line in block.lines) == 2


def test_a_frame_says_what_is_repeated() -> None:
    block = laid_out(Each.model_construct(items="input.pages", do=node("small")))
    assert [span.text for span in block.texts[0].spans] == ["each", "for each item of input.pages"]


def test_a_sequence_that_says_nothing_of_itself_has_no_box() -> None:
    assert not laid_out(node({"sequence": ["small", "small"]})).boxed
    assert laid_out(node({"sequence": ["small", "small"], "timeout": "1s"})).boxed


THIRTY = {
    "a long sequence": {"sequence": ["small"] * 30},
    "branches of chains": {"parallel": {f"b{place}": {"sequence": ["small", "small", "small"]} for place in range(8)}},
    "all kinds": {
        "sequence": [
            {"switch": [{"when": "input.x > 1", "then": {"sequence": ["small", "small"]}}, {"else": {"value": 1}}]},
            {
                "parallel": {
                    "a": {"parallel": {f"b{place}": "small" for place in range(4)}},
                    "b": {"fallback": ["small", "small", {"value": 1}]},
                    "c": {"cascade": ["small", "small", {"sequence": ["small", "small", "small"]}], "until": "output.x"},
                    "d": {"split": [{"weight": 9, "to": "small"}, {"weight": 1, "to": {"sequence": ["small", "small"]}}]},
                }
            },
            {"transform": "${input}"},
            "small",
        ]
    },
}


@pytest.mark.parametrize("name", THIRTY)
def test_thirty_nodes_fit_on_a_page(name: str) -> None:
    block = laid_out(node(THIRTY[name]))
    assert sum(1 for _ in walk(block)) >= 30
    assert block.width <= 1300
    assert 0.4 <= block.width / block.height <= 3
