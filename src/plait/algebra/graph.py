"""A composition: a node, with the predictors and graphs that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Unpack

from plait.algebra import checked
from plait.algebra.names import Names, merged
from plait.algebra.options import GraphOptions, NodeOptions, given
from plait.algebra.text import text
from plait.errors import ConfigError, Problem
from plait.graph import spec as specs
from plait.graph.draw import draw_node
from plait.graph.dump import collide, fields, to_yaml
from plait.graph.hints import nearest
from plait.graph.spec import OPTIONS, Config, GraphSpec
from plait.jsontext import DEPTH
from plait.nodes.node import NodeSpec
from plait.nodes.predict import Predict
from plait.nodes.sequence import Sequence
from plait.nodes.union import BY_KEY

_ONLY_BY_NAME = ("schema", "timeout")


@dataclass(frozen=True, slots=True, repr=False)
class Graph:
    """A node that knows what it needs: immutable, and checked when it is made.

    Args:
        root: The node.
        names: The predictors and graphs that the nodes in it name, as far as they are known.
        options: What holds where this is served as a graph: route, timeout, schema, sample, description.
    """

    root: NodeSpec
    names: Names = Names()  # noqa: RUF009 - immutable
    options: specs.GraphOptions = specs.GraphOptions()  # noqa: RUF009 - immutable

    def __rshift__(self, other: Node) -> Graph:
        """This, then the other: one sequence, however many are joined."""
        return _chain(self, other) if _is_node(other) else NotImplemented

    def __rrshift__(self, other: Node) -> Graph:
        """The other, then this."""
        return _chain(other, self) if _is_node(other) else NotImplemented

    def __repr__(self) -> str:
        return f"<Graph {text(self.root)}>"

    def _repr_svg_(self) -> str:
        """The picture that a notebook shows."""
        return draw_node(self.root, self.names.predictors)

    def with_options(self, **options: Unpack[NodeOptions]) -> Graph:
        """The same node with these options; None takes one away.

        Raises:
            ConfigError: If one is none, or not what it must be.
        """
        other = compose({**fields(self.root), **options})
        return replace(other, names=Names.joined([self.names, other.names]), options=self.options)

    def served(self, **options: Unpack[GraphOptions]) -> Graph:
        """The same with options of a graph, which hold where it is served or used by name; None takes one away.

        Of what asks a graph by name they are that graph's.

        Raises:
            ConfigError: If one is none, or not what it must be.
        """
        for key in options:
            if key not in OPTIONS:
                raise ConfigError([Problem("", f"unknown key {key}", nearest(key, OPTIONS))])
        name = self._asks()
        if name not in self.names.graphs:
            return replace(self, options=_changed(self.options, options))
        asked = self.names.graphs[name]
        changed = GraphSpec(root=asked.root, **fields(_changed(asked, options)))
        return replace(self, names=replace(self.names, graphs={**self.names.graphs, name: changed}))

    def spec(self, name: str) -> GraphSpec:
        """What a file would have for this under a graph's name."""
        root, options = self.root, fields(self.options)
        if self._asks() == name and name in self.names.graphs:
            return self.names.graphs[name]
        if root.timeout is not None and self.options.timeout is None:
            # Beside a graph's first node a timeout is the graph's.
            options["timeout"] = fields(root)["timeout"]
            root = compose({**fields(root), "timeout": None}).root
        spec = GraphSpec(root=root, **options)
        return GraphSpec(root=Sequence(sequence=(root,)), **options) if collide(spec) else spec

    def to_yaml(self, name: str = "") -> str:
        """A whole file: this as a graph, and every predictor and graph that it names.

        Args:
            name: The graph's; by default that by which it is used, else `predict`.

        Raises:
            ConfigError: If there is another graph of this name, or a text has `${env.…}` in it, which a file would replace.
        """
        name = name or (self._asks() if self._asks() in self.names.graphs else "predict")
        graphs = merged("graphs", {name: self.spec(name)}, self.names.graphs)
        return to_yaml(Config(predictors=dict(self.names.predictors), graphs=graphs), self.names.written)

    def node(self) -> NodeSpec:
        """The node, to be put into another.

        Raises:
            ConfigError: If it has options that only a graph can have.
        """
        lost = ", ".join(key for key in _ONLY_BY_NAME if key in fields(self.options))
        if lost:
            hint = "name it: plait.subgraph('a_name', graph), or give the options to what is served"
            raise ConfigError([Problem("", f"what holds for a whole graph only would be lost: {lost}", hint)])
        return self.root

    def _asks(self) -> str:
        """Whom it asks, if that is all it does."""
        return self.root.predict if isinstance(self.root, Predict) and self.root.model_fields_set == {"predict"} else ""


Node = Graph | NodeSpec | str | Mapping[str, Any]
"""What is taken where a node is due: a composition, a spec, a name, or what a file would have."""


def _is_node(value: object) -> bool:
    return isinstance(value, (Graph, NodeSpec, str, Mapping))


def graph_of(node: Node) -> Graph:
    """The composition that a node is.

    Raises:
        ConfigError: With every problem of it.
    """
    if isinstance(node, (Graph, NodeSpec)):
        return node if isinstance(node, Graph) else Graph(node)
    return compose(node if isinstance(node, Mapping) else {Predict.kind: node})


def compose(data: Mapping[str, Any]) -> Graph:
    """The node that data says, as in a file, with compositions anywhere in it.

    Raises:
        ConfigError: With every problem of it.
    """
    kind = next((BY_KEY[key] for key in data if key in BY_KEY), NodeSpec)
    for key in data:
        if key in OPTIONS and key not in kind.model_fields:
            raise ConfigError([Problem("", f"{key} is an option of graphs", f"write .served({key}=…) behind it")])
    gathered: list[Names] = []
    root = checked.node(bare(given(kind, data), gathered))
    return Graph(root, Names.joined(gathered))


def bare(value: Any, gathered: list[Names], depth: int = 0) -> Any:
    """A value with the nodes of compositions in their place, what they name being gathered; tuples become lists."""
    if isinstance(value, Graph):
        gathered.append(value.names)
        return value.node()
    if depth <= DEPTH and isinstance(value, Mapping):
        return {key: bare(member, gathered, depth + 1) for key, member in value.items()}
    if depth <= DEPTH and isinstance(value, (list, tuple)):
        return [bare(item, gathered, depth + 1) for item in value]
    return value


def _changed(before: specs.GraphOptions, options: Mapping[str, Any]) -> specs.GraphOptions:
    """A graph's options, without its root, with these in place of its own."""
    kept = {key: value for key, value in fields(before).items() if key in OPTIONS}
    return checked.spec(specs.GraphOptions, given(specs.GraphOptions, {**kept, **options}))


def _chain(*nodes: Node) -> Graph:
    gathered: list[Names] = []
    steps: list[Any] = []
    for node in nodes:
        one = bare(node, gathered)
        steps += one.sequence if isinstance(one, Sequence) and one.model_fields_set == {"sequence"} else [one]
    return replace(compose({"sequence": steps}), names=Names.joined(gathered))
