"""How a parallel's answers become one: each merge in the file of its family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import BeforeValidator, Discriminator, Tag
from pydantic_core import PydanticCustomError

from plait.nodes.merges.code import PythonMerge
from plait.nodes.merges.merge import Merge
from plait.nodes.merges.number import Max, Mean, Min, Sum
from plait.nodes.merges.pick import Argmax, Argmin
from plait.nodes.merges.vote import Vote
from plait.nodes.merges.whole import whole

if TYPE_CHECKING:
    from plait.nodes.link import Link

WHOLE = ("by_name", "list", "object", "first")
ByExpression = Argmax | Argmin | Vote | Mean | Max | Min | Sum
BY_EXPRESSION: dict[str, type[ByExpression]] = {
    "argmax": Argmax,
    "argmin": Argmin,
    "vote": Vote,
    "mean": Mean,
    "max": Max,
    "min": Min,
    "sum": Sum,
}
BY_KEY: dict[str, type[ByExpression | PythonMerge]] = {**BY_EXPRESSION, "python": PythonMerge}


def _known(value: Any) -> Any:
    if isinstance(value, (*BY_KEY.values(),)) or (isinstance(value, str) and value in WHOLE):
        return value
    if isinstance(value, dict) and sum(key in BY_KEY for key in value) == 1:
        return value
    forms = ", ".join((*WHOLE, *(f"{{{key}: CEL}}" for key in BY_EXPRESSION), "{python: module:function}"))
    raise PydanticCustomError("merge", "is no merge; take one of {forms}", {"forms": forms})


def _form(value: Any) -> str:
    if isinstance(value, str):
        return "whole"
    if isinstance(value, dict):
        return next((str(key) for key in value if key in BY_KEY), "")
    return next((key for key, kind in BY_KEY.items() if isinstance(value, kind)), "")


if TYPE_CHECKING:
    MergeField = str | ByExpression | PythonMerge
else:
    MergeField = Annotated[
        Union[
            Annotated[Literal["by_name", "list", "object", "first"], Tag("whole")],
            *(Annotated[merge, Tag(key)] for key, merge in BY_KEY.items()),
        ],
        Discriminator(_form),
        BeforeValidator(_known),
    ]


def bind_merge(merge: str | ByExpression | PythonMerge, link: Link, labels: tuple[str, ...]) -> Merge:
    """The merge that a file names, for branches of these names."""
    return whole(merge, labels) if isinstance(merge, str) else merge.bind(link, labels)


__all__ = ["BY_KEY", "Merge", "MergeField", "PythonMerge", "bind_merge"]
