"""A Python function as a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from plait.nodes.code import bind
from plait.nodes.node import NodeSpec
from plait.spec.fields import Function

if TYPE_CHECKING:
    from plait.nodes.link import Link
    from plait.types import Call


class Python(NodeSpec):
    """What a function makes of the input; one that is no coroutine function runs in a thread."""

    kind: ClassVar[str] = "python"
    summary: ClassVar[str] = "a function of yours, (input, context) -> output"

    python: Function
    """`module:function`; the file's folder is searched first."""

    def facts(self) -> tuple[str, ...]:
        """Which function."""
        return (self.python,)

    def bind(self, link: Link) -> Call:
        """The function, found."""
        return bind(self.python, ("python",), link)
