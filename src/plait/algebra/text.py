"""A node in one short line."""

from __future__ import annotations

from plait.nodes.link import Child
from plait.nodes.node import NodeSpec
from plait.nodes.predict import Predict
from plait.nodes.sequence import Sequence

LONGEST = 120
_DEEPEST = 4


def text(node: NodeSpec) -> str:
    """The node as `a >> parallel(b, c)`, cut after 120 characters."""
    whole = _text(node, 0)
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…"


def _text(node: NodeSpec, depth: int) -> str:
    if isinstance(node, Predict):
        return node.predict
    children = node.children()
    if not children:
        return node.kind
    if depth == _DEEPEST:
        return f"{node.kind}(…)"
    if isinstance(node, Sequence) and depth == 0:
        return " >> ".join(_text(child.node, depth + 1) for child in children)
    return f"{node.kind}({', '.join(_child(child, depth + 1) for child in children)})"


def _child(child: Child, depth: int) -> str:
    within = _text(child.node, depth)
    return within if child.label in (child.node.label, within) else f"{child.label}={within}"
