"""A page as SVG: nothing from outside, no scripts, no ids, and every word of a file is text, never markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from plait.graph.draw.block import Block, Chip, Dot, Line, Placed, Point, Span, Text
from plait.graph.draw.header import CHIP_HEIGHT, CHIP_PADDING, GAP
from plait.graph.draw.letters import clean, measured
from plait.graph.draw.page import RING, Page
from plait.graph.draw.shown import Shown
from plait.graph.draw.style import css

SCOPE = "plait-graph"
CORNER = 8
TIP = (8, 4)
WINDOW = (16, 6)


def svg(page: Page, title: str) -> str:
    """The page as one SVG element, byte by byte the same for the same page."""
    size = {"width": str(page.width), "height": str(page.height), "viewBox": f"0 0 {page.width} {page.height}"}
    root = ET.Element(
        "svg", {"xmlns": "http://www.w3.org/2000/svg", "class": SCOPE, **size, "role": "img", "aria-label": clean(title)}
    )
    _said(root, "title", title)
    _said(root, "desc", "\n".join(line for one in page.pictures for line in _description(one.root.block.shown, "")))
    ET.SubElement(root, "style").text = _STYLE
    ET.SubElement(root, "rect", {"class": "paper", "width": size["width"], "height": size["height"], "rx": "12"})
    for one in page.pictures:
        for text in one.texts:
            _text(root, text)
        for line in (one.line_in, one.line_out):
            _line(root, line)
        _end(root, "start", one.line_in.points[0], -1)
        _end(root, "end", one.line_out.points[-1], 1)
        _block(root, one.root)
    return ET.tostring(root, encoding="unicode")


def _block(parent: ET.Element, placed: Placed) -> None:
    block = placed.block
    node = block.shown
    arranged = (f"as-{node.arrangement}",) if node.children else ()
    names = " ".join(("node", f"kind-{node.kind}", *arranged, *node.marks))
    place = {"transform": f"translate({placed.x} {placed.y})"} if placed.x or placed.y else {}
    group = ET.SubElement(parent, "g", {"class": names, "data-node": clean(node.path), **place})
    _said(group, "title", node.whole)
    if block.boxed:
        _box(group, block)
    for line in block.lines:
        _line(group, line)
    for child in block.children:
        _block(group, child)
    for dot in block.dots:
        _dot(group, dot)
    for chip in block.chips:
        _chip(group, chip)
    for text in block.texts:
        _text(group, text)


def _box(group: ET.Element, block: Block) -> None:
    wide, high = block.width, block.height
    if block.children and block.shown.arrangement == "frame":
        sheet = f"M14 {high}q0 4 5 4H{wide - 8}q12 0 12 -12V19q0 -5 -4 -5"
        ET.SubElement(group, "path", {"class": "sheet", "d": sheet})
    corner = 12 if block.children else min(high // 2, 22) if "graph" in block.shown.marks else 7
    ET.SubElement(group, "rect", {"class": "box", "width": str(wide), "height": str(high), "rx": str(corner)})


def _line(group: ET.Element, line: Line) -> None:
    ET.SubElement(group, "path", {"class": "line dashed" if line.dashed else "line", "d": _path(line.points)})
    if line.tip:
        ET.SubElement(group, "path", {"class": "tip", "d": _tip(line.points[-1], _way(*line.points[-2:]))})


def _path(points: Sequence[Point]) -> str:
    """Straight on, with rounded corners."""
    found = [f"M{points[0][0]} {points[0][1]}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(CORNER, _distance(before, corner) // 2, _distance(corner, after) // 2)
        (in_x, in_y), (out_x, out_y) = _way(before, corner), _way(corner, after)
        x, y = corner
        found.append(f"L{x - radius * in_x} {y - radius * in_y}Q{x} {y} {x + radius * out_x} {y + radius * out_y}")
    return "".join((*found, f"L{points[-1][0]} {points[-1][1]}"))


def _distance(one: Point, two: Point) -> int:
    return abs(one[0] - two[0]) + abs(one[1] - two[1])


def _way(one: Point, two: Point) -> Point:
    """The direction from one point to another, along an axis."""
    return (two[0] > one[0]) - (two[0] < one[0]), (two[1] > one[1]) - (two[1] < one[1])


def _tip(at: Point, way: Point) -> str:
    (x, y), (along, down), (length, half) = at, way, TIP
    back = (x - length * along, y - length * down)
    return f"M{x} {y}L{back[0] + half * down} {back[1] + half * along}L{back[0] - half * down} {back[1] - half * along}Z"


def _end(parent: ET.Element, name: str, at: Point, side: int) -> None:
    ET.SubElement(parent, "circle", {"class": name, "cx": str(at[0] + RING * side), "cy": str(at[1]), "r": str(RING)})


def _dot(group: ET.Element, dot: Dot) -> None:
    if dot.form == "diamond":
        ET.SubElement(group, "path", {"class": "dot", "d": f"M{dot.x - 7} {dot.y}l7 -7l7 7l-7 7Z"})
        return
    radius = "9" if dot.form == "badge" else "4"
    ET.SubElement(group, "circle", {"class": "dot", "cx": str(dot.x), "cy": str(dot.y), "r": radius})
    if dot.form == "badge":
        ET.SubElement(group, "text", {"class": "badge", "x": str(dot.x), "y": str(dot.y + 4)}).text = dot.text


def _chip(group: ET.Element, chip: Chip) -> None:
    box = {"x": chip.x, "y": chip.y, "width": chip.width, "height": CHIP_HEIGHT, "rx": CHIP_HEIGHT // 2}
    ET.SubElement(group, "rect", {"class": "chip"} | {key: str(value) for key, value in box.items()})
    _text(group, Text(chip.x + CHIP_PADDING, chip.y + 12, (Span(chip.text, "option"),), chip.width - 2 * CHIP_PADDING))


def _text(parent: ET.Element, text: Text) -> None:
    x, y = text.x, text.y
    if not all(measured(span.text) for span in text.spans):
        parent, x, y = _window(parent, (x, y), text.width)
    element = ET.SubElement(parent, "text", {"x": str(x), "y": str(y)})
    if text.whole:
        _said(element, "title", text.whole)
    for place, span in enumerate(text.spans):
        gap = {"dx": str(GAP)} if place else {}
        ET.SubElement(element, "tspan", {"class": span.style, **gap}).text = span.text


def _window(parent: ET.Element, at: Point, wide: int) -> tuple[ET.Element, int, int]:
    """What letters of which no width is known cannot leave, and where their line begins in it."""
    size = {"x": at[0], "y": at[1] - WINDOW[0], "width": wide, "height": sum(WINDOW)}
    return ET.SubElement(parent, "svg", {key: str(value) for key, value in size.items()}), 0, WINDOW[0]


def _said(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = clean(text)


def _description(node: Shown, indent: str) -> Iterator[str]:
    yield f"{indent}{node.whole}"
    for child in node.children:
        yield from _description(child, indent + "  ")


_STYLE = css(SCOPE)
