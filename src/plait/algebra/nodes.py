"""A function for every kind of node: what a file says as a mapping, said in Python.

Each gives its fields to `compose` under the keys of a file; what they may be, the kind's spec decides. A new kind is one more
function of that form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Unpack, overload

from plait.algebra.callables import function_name
from plait.algebra.graph import Graph, Node, compose, graph_of
from plait.algebra.merges import Merge
from plait.algebra.names import Names
from plait.algebra.options import GraphOptions, MapOptions, NodeOptions, PredictorOptions, given
from plait.errors import ConfigError, Problem
from plait.graph.document import Document
from plait.graph.validate import validate
from plait.nodes.node import NodeSpec
from plait.nodes.parallel import Parallel
from plait.spec.predictor import Predictor

_PAIR = 2


def predictor(name: str, url: str | None = None, **options: Unpack[PredictorOptions]) -> Graph:
    """A predictor, and the node that asks it.

    Args:
        name: Its name in graphs.
        url: Where it answers: `http://host:port`, with the path of its inference call if that is not `/predict`.
        options: As in a file.

    Raises:
        ConfigError: With every problem.
    """
    return _named({"predictors": {name: given(Predictor, {"url": url, **options})}}, name)


def subgraph(name: str, node: Node, **options: Unpack[GraphOptions]) -> Graph:
    """A graph of its own, and the node that asks it by name: in it, `request` is what it was given.

    Args:
        name: Its name; it is served under it, too.
        node: What it does.
        options: `schema`, `timeout` and what else a graph has.

    Raises:
        ConfigError: With every problem.
    """
    within = graph_of(node).served(**options)
    return _named({"graphs": {name: within.spec(name)}}, name, within.names)


def predict(name: str, /, **options: Unpack[NodeOptions]) -> Graph:
    """Ask the predictor, else run the graph, of that name."""
    return compose({"predict": name, **options})


def sequence(*steps: Node, **options: Unpack[NodeOptions]) -> Graph:
    """In order: a step's input is the previous step's output. `a >> b` is the short form."""
    return compose({"sequence": steps, **options})


@overload
def parallel(
    *branches: Node | Mapping[str, Node],
    merge: Merge | Callable[..., Any] | str | Mapping[str, Any] | None = None,
    require: str | int | Iterable[str] | None = None,
    **options: Unpack[NodeOptions],
) -> Graph: ...


@overload
def parallel(
    *,
    merge: Merge | Callable[..., Any] | str | Mapping[str, Any] | None = None,
    require: str | int | Iterable[str] | None = None,
    **branches: Graph | NodeSpec | Mapping[str, Any] | str | bool | None,
) -> Graph: ...


def parallel(*branches: Any, **options: Any) -> Graph:
    """All at once on the same input.

    Args:
        branches: Nodes, or one mapping of branch to node. As keywords, compositions are branches too.
        options: `merge` (a word, what a function of a merge gives, or a function of yours, `(answers, context) -> output`),
            `require`, and the options of any node.
    """
    if callable(options.get("merge")):
        options["merge"] = {"python": function_name(options["merge"])}
    named = {key: value for key, value in options.items() if _is_branch(key, value)}
    rest = {key: value for key, value in options.items() if key not in named}
    if named and branches:
        problem = Problem("parallel", "has branches with and without a name", "name all of them, or none")
        raise ConfigError([problem])
    if len(branches) == 1 and isinstance(branches[0], Mapping):
        return compose({"parallel": branches[0], **rest})
    return compose({"parallel": named or branches, **rest})


def switch(*cases: Any, default: Node | None = None, **options: Unpack[NodeOptions]) -> Graph:
    """The first case that holds.

    Args:
        cases: A mapping of CEL to node, or such pairs.
        default: The node of no other case.
        options: Of any node.
    """
    listed: list[dict[str, Any]] = [{"when": when, "then": then} for when, then in _pairs("switch", cases, "(CEL, node)")]
    if default is not None:
        listed.append({"else": default})
    return compose({"switch": listed, **options})


def split(*shares: tuple[float, Node], key: str | None = None, **options: Unpack[NodeOptions]) -> Graph:
    """One of several, by weight.

    Args:
        shares: Pairs of weight and node: `(9, old), (1, new)`.
        key: CEL whose value decides; without it, each request is drawn.
        options: Of any node.
    """
    listed = [{"weight": weight, "to": to} for weight, to in _pairs("split", shares, "(weight, node)")]
    return compose({"split": listed, "key": key, **options})


def fallback(*choices: Node, **options: Unpack[NodeOptions]) -> Graph:
    """The first that answers, whatever the failure of those before."""
    return compose({"fallback": choices, **options})


def cascade(*choices: Node, until: str, **options: Unpack[NodeOptions]) -> Graph:
    """In order, cheapest first, until an answer is good enough.

    Args:
        choices: The nodes.
        until: CEL that says of an answer, as `output`, whether it is good enough.
        options: Of any node.
    """
    return compose({"cascade": choices, "until": until, **options})


def map(items: str, do: Node, **options: Unpack[MapOptions]) -> Graph:  # noqa: A001 - plait.map
    """A node for every item of a list.

    Args:
        items: CEL that gives the list; in the node, `item` and `index` are variables, and the item is its input.
        do: The node.
        options: `concurrency`, `max_items`, `require`, and the options of any node.
    """
    return compose({"map": items, "do": do, **options})


def shadow(copy: Node, of: Node, sample: str | None = None, **options: Unpack[NodeOptions]) -> Graph:
    """The answer of one node, while another gets a copy of the input.

    Args:
        copy: The node whose answer is only recorded.
        of: The node that answers.
        sample: The share of the inputs that are copied, such as `10%`; all by default.
        options: Of any node.
    """
    return compose({"shadow": copy, "of": of, "sample": sample, **options})


def python(function: str | Callable[..., Any], /, **options: Unpack[NodeOptions]) -> Graph:
    """What a function `(input, context) -> output` makes of the input.

    Args:
        function: `module:function`, or the function itself if it can be imported by its name.
        options: Of any node.
    """
    return compose({"python": function_name(function), **options})


def transform(template: Any, /, **options: Unpack[NodeOptions]) -> Graph:
    """A pure mapping: any JSON, with `${…}` in its strings."""
    return compose({"transform": template, **options})


def value(constant: Any, /, **options: Unpack[NodeOptions]) -> Graph:
    """Always the same answer: any JSON."""
    return compose({"value": constant, **options})


def _named(data: Mapping[str, Any], name: str, names: Names | None = None) -> Graph:
    """The node that asks what a part of a file defines under a name."""
    config, problems = validate(data, Document("", data))
    if problems:
        raise ConfigError(problems)
    joined = Names.joined([names or Names(), Names(config.predictors, config.graphs)])
    return Graph(compose({"predict": name}).root, joined)


def _is_branch(key: str, value: Any) -> bool:
    return isinstance(value, (Graph, NodeSpec)) or (isinstance(value, Mapping) and key not in Parallel.model_fields)


def _pairs(kind: str, given: Iterable[Any], form: str) -> list[tuple[Any, Any]]:
    """Pairs, some of them perhaps in mappings."""
    found: list[tuple[Any, Any]] = []
    for place, one in enumerate(given):
        if isinstance(one, Mapping):
            found += one.items()
        elif isinstance(one, (tuple, list)) and len(one) == _PAIR:
            found.append((one[0], one[1]))
        else:
            raise ConfigError([Problem(f"{kind}[{place}]", "is no pair", f"write {form}", place=(kind, place))])
    return found
