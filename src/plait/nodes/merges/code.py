"""A merge by a Python function."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plait.nodes import code
from plait.nodes.absent import ABSENT, LEFT_OUT
from plait.nodes.merges.whole import ByName, by_name
from plait.spec.base import Spec
from plait.spec.fields import Function

if TYPE_CHECKING:
    from plait.nodes.link import Link
    from plait.types import Call, Context, Message

GRACE = 0.02
"""Seconds that a merge has for what has arrived when the time is up."""


class PythonMerge(Spec):
    """What a function makes of the answers, by branch; `(answers, context) -> output`."""

    python: Function
    """`module:function`; the file's folder is searched first."""

    def bind(self, link: Link, labels: tuple[str, ...]) -> ByName:  # noqa: ARG002 - what every merge is given
        """The answers by branch, for the function, which is not asked where there are none."""
        return replace(by_name(labels), of_none=False)

    def then(self, answers: Call, link: Link) -> Call:
        """The whole: the answers, then what the function makes of them."""
        return Then(answers, code.bind(self.python, ("merge", "python"), link, grace=GRACE))


@dataclass(frozen=True, slots=True)
class Then:
    """Gives one call's answer to another; incomplete if the first was."""

    answers: Call
    merge: Call

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The second one's answer, unless there was nothing to merge."""
        answers = await self.answers(message, ctx)
        if answers is LEFT_OUT or answers is ABSENT:
            return answers
        merged = await self.merge(answers, ctx)
        return merged if answers.complete else merged.incomplete()
