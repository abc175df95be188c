"""The same input to many nodes at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from plait.nodes.fanout import Branch, fan_out
from plait.nodes.link import Child, Link, listed
from plait.nodes.merges import ByExpression, MergeField, PythonMerge, bind_merge
from plait.nodes.node import Arrangement, NodeSpec
from plait.nodes.predict import Predict
from plait.nodes.requirement import Requirement
from plait.spec.fields import Many, Name, json_text
from plait.types import Call

if TYPE_CHECKING:
    Node = NodeSpec


def _requirement(value: Any) -> Any:
    counted = isinstance(value, int) and not isinstance(value, bool) and value > 0
    named = isinstance(value, (list, tuple)) and len(value) > 0 and all(isinstance(name, str) for name in value)
    if not counted and not named and value not in ("all", "any"):
        raise PydanticCustomError("require", "is no requirement; take all, any, a number from 1 or a list of branches")
    return tuple(value) if isinstance(value, list) else value


def _form(value: Any) -> str:
    return "named" if isinstance(value, dict) else "listed"


def _branch(child: Child, link: Link) -> Branch:
    before = len(link.asks)
    call = link.call(child)
    return Branch(child.label, call, child.node.optional, tuple(link.asks[before:]))


def _text(merge: ByExpression | PythonMerge) -> str:
    """A merge by expression or function in a few words."""
    return " ".join(
        f"{key} {value if isinstance(value, str) else json_text(value)}" for key, value in merge.model_dump().items() if value
    )


class Parallel(NodeSpec):
    """All branches at once on the same input."""

    kind: ClassVar[str] = "parallel"
    summary: ClassVar[str] = "all at once on the same input; output keyed by branch, in declared order, unless merge"
    arrangement: ClassVar[Arrangement] = "stack"

    parallel: Annotated[
        Annotated[Many[Node], Field(min_length=1), Tag("listed")] | Annotated[dict[Name, Node], Field(min_length=1), Tag("named")],
        Discriminator(_form),
    ]
    """The branches: a list of names, or a mapping of branch to node."""
    merge: MergeField = "by_name"
    """How the answers become one."""
    require: Annotated[Literal["all", "any"] | Annotated[int, Field(ge=1)] | Many[str], BeforeValidator(_requirement)] = "all"
    """How many must answer: all, any, a number, or the named branches."""

    @property
    def outwaits(self) -> bool:
        """It does if it can do without a branch, but has no timeout of its own for it."""
        return self.require != "all" and self.merge != "first" and self.timeout is None

    def longest(self, children: Sequence[float]) -> float:
        """As long as the longest of them."""
        return max(children)

    def children(self) -> tuple[Child, ...]:
        """The branches, each under its name."""
        if isinstance(self.parallel, dict):
            return tuple(Child(node, ("parallel", label), label) for label, node in self.parallel.items())
        return listed("parallel", self.parallel)

    def facts(self) -> tuple[str, ...]:
        """What is required, and how the answers are merged."""
        merge = self.merge if isinstance(self.merge, str) else _text(self.merge)
        required = ", ".join(self.require) if isinstance(self.require, tuple) else self.require
        return ("the fastest answer",) if merge == "first" else (f"require {required}", f"merge {merge}")

    def bind(self, link: Link) -> Call:
        """The branches' calls, joined by the requirement and the merge."""
        children = self.children()
        present = tuple(child for child in children if not link.excluded(child))
        labels = tuple(child.label for child in present)
        self._check_labels(children, link)
        self._check_requirement([child.label for child in children], labels, link)
        self._check_weights([child.label for child in children], link)
        merge = bind_merge(self.merge, link, labels)
        requirement = Requirement.of("any" if merge.fastest else self.require, labels)
        branches = {child.label: _branch(child, link) for child in children}  # excluded ones too, so that they are checked
        answers = fan_out([branches[label] for label in labels], merge, requirement, link.path)
        return self.merge.then(answers, link) if isinstance(self.merge, PythonMerge) else answers

    def _check_labels(self, children: tuple[Child, ...], link: Link) -> None:
        seen: set[str] = set()
        for place, child in enumerate(children):
            if child.at[1] == place and not isinstance(child.node, Predict) and child.node.name is None:
                hint = "add name: …, or write the branches as a mapping"
                link.problem(child.at, f"a {child.node.kind} in a list of branches needs a name", hint)
            elif child.label in seen:
                link.problem(child.at, f"there is already a branch {child.label}", "give one of them another name")
            seen.add(child.label)

    def _check_requirement(self, labels: list[str], present: tuple[str, ...], link: Link) -> None:
        if not present:
            link.problem(("parallel",), "every branch is excluded", "enable one of its predictors")
        if isinstance(self.require, int) and self.require > len(labels):
            hint = f"require {len(labels)} or fewer"
            link.problem(("require",), f"{self.require} branches can never answer where there are {len(labels)}", hint)
        for place, name in enumerate(self.require if isinstance(self.require, tuple) else ()):
            at = ("require", place)
            if name not in labels:
                link.problem(at, f"there is no branch {name}", f"the branches are {', '.join(labels)}")
            elif name not in present:
                link.problem(at, f"the branch {name} is excluded and can never answer", "enable its predictor, or require another")
        if self.merge == "first" and self.require != "any" and "require" in self.model_fields_set:
            link.problem(("require",), "merge first takes one answer only", "leave require out")

    def _check_weights(self, labels: list[str], link: Link) -> None:
        for name in getattr(self.merge, "weights", {}):
            if name not in labels:
                link.problem(("merge", "weights", name), f"there is no branch {name}", f"the branches are {', '.join(labels)}")
