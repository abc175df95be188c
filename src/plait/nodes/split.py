"""Send shares of the requests to different nodes."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
from pydantic import Field

from plait.nodes.decided import Decided
from plait.nodes.draws import Draws
from plait.nodes.drive import leaf
from plait.nodes.link import Child, Evaluate, Link
from plait.nodes.node import Arrangement, NodeSpec
from plait.spec.base import Spec
from plait.spec.fields import Many
from plait.types import Call, Context, Leaf, Message, Run

if TYPE_CHECKING:
    Node = NodeSpec

_encode = msgspec.json.Encoder().encode


class Share(Spec):
    """A node, and its weight among the others."""

    weight: Annotated[float, Field(ge=0, allow_inf_nan=False, strict=False)]
    """Relative: 9 and 1 are 90 % and 10 %."""
    to: Node
    """The node that gets this share."""


class Split(NodeSpec):
    """One of several nodes, by weight."""

    kind: ClassVar[str] = "split"
    summary: ClassVar[str] = "by relative weight; with a key, the same key always goes the same way"
    arrangement: ClassVar[Arrangement] = "choice"

    parts: ClassVar[tuple[type[Spec], ...]] = (Share,)

    split: Annotated[Many[Share], Field(min_length=1)]
    """The nodes and their weights."""
    key: str | None = None
    """CEL whose value decides: requests of the same value go to the same node. Without it, each request is drawn."""

    def longest(self, children: Sequence[float]) -> float:
        """As long as the longest of them."""
        return max(children)

    def children(self) -> tuple[Child, ...]:
        """The nodes, each with its share."""
        total = sum(share.weight for share in self.split) or 1.0
        return tuple(
            Child(share.to, ("split", place, "to"), share.to.label, f"{100 * (share.weight / total):.4g} %")
            for place, share in enumerate(self.split)
        )

    def facts(self) -> tuple[str, ...]:
        """What makes it sticky."""
        return () if self.key is None else (f"by {self.key}",)

    def bind(self, link: Link) -> Call:
        """The nodes' calls and the bounds of their shares."""
        calls = tuple(leaf(link.call(child)) for child in self.children())
        weights = [share.weight for share in self.split]
        if not any(weights):
            link.problem(("split",), "all weights are 0, so no request has anywhere to go", "give one of them a weight")
        elif math.isinf(sum(weights)):
            link.problem(("split",), "the weights have no sum: it is out of range", "write smaller ones of the same proportion")
        served = tuple(call for call, weight in zip(calls, weights, strict=True) if weight)
        bounds = between(weights)
        if self.key is None:
            return Decided(Draw(served, bounds, Draws(link.path)))
        return Decided(Sticky(served, bounds, link.expression(self.key, ("key",))))


def between(weights: Sequence[float]) -> tuple[float, ...]:
    """Where, from 0 to 1, the share of one weight ends and that of the next begins; a weight of 0 has none."""
    total = sum(weights)
    return tuple(bound / total for bound in accumulate(weight for weight in weights if weight))[:-1]


def canonical(key: Message) -> bytes:
    """The same bytes for the same number or text, however its JSON is written: 1 and 1.0, a letter and its escape."""
    raw = key.raw.strip()
    if raw[:1] in b"-0123456789":
        return repr(float(raw)).encode()
    return _encode(key.value) if raw[:1] == b'"' and b"\\" in raw else raw


@dataclass(frozen=True, slots=True)
class Draw:
    """Draws for each request."""

    calls: tuple[Leaf, ...]
    bounds: tuple[float, ...]
    draw: Callable[[Run], float]

    def __call__(self, message: Message, ctx: Context) -> tuple[Leaf, Message, Context]:
        return self.calls[bisect_right(self.bounds, self.draw(ctx.run))], message, ctx


@dataclass(frozen=True, slots=True)
class Sticky:
    """Decides by a hash of the key's JSON, the same in every process and at every start."""

    calls: tuple[Leaf, ...]
    bounds: tuple[float, ...]
    key: Evaluate

    def __call__(self, message: Message, ctx: Context) -> tuple[Leaf, Message, Context]:
        digest = blake2b(canonical(self.key(ctx, message, None)), digest_size=8).digest()
        place = int.from_bytes(digest) / (1 << 64)
        return self.calls[bisect_right(self.bounds, place)], message, ctx
