"""All node kinds. A new one is a file of its own and a word in `KINDS`; schema, check and explain follow from here."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import BeforeValidator, Discriminator, Tag
from pydantic_core import PydanticCustomError

from plait.nodes.cascade import Cascade
from plait.nodes.fallback import Fallback
from plait.nodes.map import Map
from plait.nodes.node import NodeSpec
from plait.nodes.parallel import Parallel
from plait.nodes.predict import Predict
from plait.nodes.python import Python
from plait.nodes.sequence import Sequence
from plait.nodes.shadow import Shadow
from plait.nodes.split import Split
from plait.nodes.switch import Switch
from plait.nodes.transform import Transform
from plait.nodes.value import Value

KINDS: tuple[type[NodeSpec], ...] = (
    Predict, Sequence, Parallel, Switch, Split, Fallback, Cascade, Map, Shadow, Transform, Python, Value,
)  # fmt: skip
BY_KEY = {kind.kind: kind for kind in KINDS}


def kinds_in(value: dict[Any, Any]) -> list[str]:
    """The keys of a mapping that are kinds of nodes."""
    return [key for key in value if key in BY_KEY]


def own_fields(kind: type[NodeSpec]) -> frozenset[str]:
    """The keys that a kind has besides those of every node."""
    return frozenset(field.alias or key for key, field in kind.model_fields.items() if key not in NodeSpec.model_fields)


def _one_kind(value: Any) -> Any:
    """Refuse what is no node, in words that say what would be one."""
    if isinstance(value, (str, NodeSpec)):
        return value
    if not isinstance(value, dict):
        raise PydanticCustomError("node", "is no node; write the name of a predictor or graph, or a mapping such as parallel: […]")
    found = kinds_in(value)
    if len(found) > 1:
        kinds = " and ".join(found)
        raise PydanticCustomError(
            "node", "is two nodes in one: {kinds}; nest them, or make them steps of a sequence", {"kinds": kinds}
        )
    if not found:
        near = next((match for key in value for match in get_close_matches(str(key), BY_KEY, 1)), "")
        hint = f"did you mean {near}?" if near else f"it needs one of {', '.join(BY_KEY)}"
        raise PydanticCustomError("node", "does not say what it does; {hint}", {"hint": hint})
    return value


def _tag(value: Any) -> str:
    if isinstance(value, str):
        return Predict.kind
    return value.kind if isinstance(value, NodeSpec) else kinds_in(value)[0]


if TYPE_CHECKING:
    Node = NodeSpec
else:
    Node = Annotated[
        Union[tuple(Annotated[kind, Tag(kind.kind)] for kind in KINDS)],  # noqa: UP007 - made from the list
        Discriminator(_tag),
        BeforeValidator(_one_kind),
    ]
    for _spec in (spec for kind in KINDS for spec in (*kind.parts, kind)):
        _spec.model_rebuild(force=True, _types_namespace={"Node": Node})
