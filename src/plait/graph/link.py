"""The compiler as a node sees it: paths, keys, names in scope, and problems gathered instead of raised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from plait import expr
from plait.background import Background
from plait.counts import PartCounts
from plait.errors import PlaitError, Problem
from plait.graph.document import path_text
from plait.graph.hints import nearest
from plait.graph.schema_check import SchemaProblem, Validate, schema_check
from plait.graph.uses import predictors_used
from plait.nodes.ask import Ask, Asked, Predictor
from plait.nodes.decided import Decided
from plait.nodes.drive import leaf
from plait.nodes.link import At, Child, Evaluate, Link
from plait.nodes.options import with_options
from plait.nodes.predict import Predict
from plait.nodes.subgraph import Subgraph
from plait.nodes.taken_out import TakenOut
from plait.spec.fields import duration_text
from plait.spec.policies import repeats
from plait.types import Call, Context, Message

if TYPE_CHECKING:
    from plait.graph.spec import Config, GraphSpec
    from plait.nodes.node import NodeSpec
    from plait.spec.policies import HedgeSpec, RetrySpec


def below(path: str, child: Child, siblings: Counter[str]) -> tuple[str, str]:
    """What a child of the node at `path` is called, and its own path; `siblings` counts the children of each name so far."""
    label = child.node.name or child.label
    siblings[label] += 1
    count = siblings[label]
    return label, f"{path}/{label}{f'.{count}' if count > 1 else ''}"


def _anywhere(_: str) -> PartCounts:
    """Counts that nobody reads."""
    return PartCounts()


@dataclass(frozen=True, slots=True)
class Linker:
    """What all nodes of one graph share while it is compiled.

    Args:
        config: The whole configuration.
        predictors: Who answers, by name.
        problems: Where what is wrong is gathered.
        alone: Whether graphs that this one uses are left out, because each is checked by itself.
        keys: How often each key of a part was given out.
        depths: By key, in how many maps its first call is.
        seen: The variables that any expression looks into.
        asks: The calls of predictors so far, in the order of the file.
        labels: What the keys of parts begin with, also of predictors that were taken out and of graphs that are left out.
        outputs: The keys among these that each have one part at most, whose answer rules see under that name.
        background: Owns what goes on without whoever began it.
        counts: Where the parts of a predictor are counted, by its name.
    """

    config: Config
    predictors: Mapping[str, Asked]
    problems: list[Problem]
    alone: bool = False
    keys: Counter[str] = field(default_factory=Counter)
    depths: dict[str, int] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    asks: list[Ask] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)
    background: Background = field(default_factory=Background)
    counts: Callable[[str], PartCounts] = _anywhere

    def key(self, wanted: str) -> str:
        """A part's key: further ones of the same key are `key.2`, `key.3` in the order of the file."""
        self.keys[wanted] += 1
        count = self.keys[wanted]
        return wanted if count == 1 else f"{wanted}.{count}"

    def graph(self, name: str) -> Call:
        """The call of a graph: its root, bound."""
        spec = self.config.graphs[name]
        return NodeLink(self, name, ("graphs", name), spec.root.label, within=spec.timeout).bound(spec.root)


@dataclass(frozen=True, slots=True)
class NodeLink:
    """The compiler at one node.

    Args:
        linker: What it shares with the graph's other nodes.
        path: Its path, such as `label/parallel`.
        at: Its place in the file.
        label: What it is called in its path and in the keys of its parts.
        prefix: What those keys begin with: the nodes by which this graph is used.
        names: The earlier steps that its expressions see.
        within: The timeout around it in seconds, as far as the file says one.
        siblings: How often each label was given to a child of this node.
        looked: The variables that expressions and functions look into, of this graph, or within a node that caches.
        maps: In how many maps it is.
        retry: What a node around it, or itself, says of repeating calls.
        hedge: The same of second copies.
    """

    linker: Linker
    path: str
    at: At
    label: str
    prefix: str = ""
    names: frozenset[str] = frozenset()
    within: float | None = None
    siblings: Counter[str] = field(default_factory=Counter)
    looked: set[str] = field(default_factory=set)
    maps: int = 0
    retry: RetrySpec | None = None
    hedge: HedgeSpec | None = None

    @property
    def asks(self) -> Sequence[Ask]:
        """The calls of predictors so far."""
        return self.linker.asks

    @property
    def background(self) -> Background:
        """The owner of what goes on without whoever began it."""
        return self.linker.background

    def forwarded(self, asks: Sequence[Ask]) -> tuple[bytes, ...]:
        """The client's header fields that any of these calls hands on."""
        predictors = self.linker.config.predictors
        fields = {field.lower().encode() for ask in asks for field in predictors[ask.predictor.name].forward_headers}
        return tuple(sorted(fields))

    def looked_at(self) -> tuple[Evaluate, ...]:
        """What the expressions and functions within this node look at, of what is known before it runs."""
        known = self.names | {"request", "headers"}
        return tuple(expr.expression(name, self.names) for name in sorted(self.looked & known))

    def looks_at_all(self) -> None:
        """Say that nobody knows what this node looks at."""
        self.looked.update(self.names, ("request", "headers"))

    def call(self, child: Child) -> Call:
        """The child's call, with its options."""
        label, path = below(self.path, child, self.siblings)
        return replace(self, path=path, at=self.at + child.at, label=label, siblings=Counter()).bound(child.node)

    def bound(self, node: NodeSpec) -> Call:
        """The call of the node at which this link stands, with its options."""
        link = self if node.timeout is None else self._narrowed(node.timeout)
        if node.cache is not None:
            link = replace(link, looked=set())
        if node.retry is not None or node.hedge is not None:
            link = replace(link, retry=node.retry or link.retry, hedge=node.hedge or link.hedge)
        before = len(self.linker.asks)
        call = with_options(node, node.bind(link), link, tuple(self.linker.asks[before:]))
        self.looked.update(link.looked)
        return call

    def _narrowed(self, own: float) -> NodeLink:
        if self.within is not None and own >= self.within:
            text, around = duration_text(own), duration_text(self.within)
            self.problem(("timeout",), f"a timeout of {text} never counts within one of {around}", f"make it shorter than {around}")
        return replace(self, within=own)

    def ask(self, name: str) -> Call:
        """The call of the predictor or graph of that name, under this node's key."""
        config = self.linker.config
        self.linker.labels.add(self.prefix + self.label)
        if name in config.predictors:
            if not self.prefix and not self.maps:
                self.linker.outputs.add(self.label)
            if not config.predictors[name].enabled:
                return TakenOut(name, self.path)
            ask = Ask(self._predictor(name), self._key(), self.path, self.linker.counts(name))
            self.linker.asks.append(ask)
            return ask
        if name in config.graphs:
            return self._graph(name, config.graphs[name])
        known = [*config.predictors, *config.graphs]
        self.problem((), f"there is no predictor or graph {name}", nearest(name, known))
        return TakenOut(name, self.path)

    def _predictor(self, name: str) -> Predictor:
        """The predictor of that name, asked as this node, or one around it, says."""
        predictor = self.linker.predictors[name]
        if self.retry is None and self.hedge is None:
            return predictor
        self._may_repeat(name)
        return predictor.repeating(self.retry, self.hedge)

    def _may_repeat(self, name: str) -> None:
        """Report that this node, or one around it, would have a predictor asked twice that says that it must not be."""
        if repeats(self.retry, self.hedge) and self.linker.config.predictors[name].idempotent is False:
            hint = "leave out the hedge, and all but `connect` of the retry, or let the predictor say `idempotent: true`"
            self.problem((), f"would have calls of {name} repeated, which says `idempotent: false`", hint)

    def _graph(self, name: str, spec: GraphSpec) -> Call:
        if self.linker.alone:
            if repeats(self.retry, self.hedge):
                for predictor in predictors_used(self.linker.config, name):
                    self._may_repeat(predictor)
            return TakenOut(name, self.path)
        within = NodeLink(
            self.linker, self.path, ("graphs", name), spec.root.label, f"{self.prefix}{self.label}.", within=spec.timeout
        )
        within = replace(within, maps=self.maps, retry=self.retry, hedge=self.hedge)
        inner = within.bound(spec.root)
        self.looked.update(within.looked & {"headers"})  # of what is known out here; its request is its own
        timeout = spec.timeout or self.linker.config.defaults.graph.timeout
        return Decided(Subgraph(leaf(inner), timeout, graph_schema(spec, self.linker.problems, name), self.path))

    def _key(self) -> str:
        """The key of this node's part; a further one such as `key.2` must be no item's of a map."""
        wanted, linker = self.prefix + self.label, self.linker
        if linker.depths.setdefault(wanted, self.maps) == self.maps + 1:
            message = f"its part would have the key of an item's: {wanted} is asked for each item of a map before"
            self.problem((), message, "give one of them a name")
        return linker.key(wanted)

    def excluded(self, child: Child) -> bool:
        """Whether the child is a predictor that was taken out."""
        predictor = self.linker.config.predictors.get(child.node.predict) if isinstance(child.node, Predict) else None
        return predictor is not None and not predictor.enabled

    def seeing(self, name: str) -> Link:
        """A link whose expressions also see the output of the earlier step `name`."""
        return replace(self, names=self.names | {name}, maps=self.maps + (name == "item"))

    def expression(self, text: str, at: At, *, output: bool = False) -> Evaluate:
        """CEL, bound."""
        try:
            bound = expr.expression(text, self.names, output=output)
        except expr.ExpressionError as exc:
            self.problem(at, exc.message, exc.hint)
            return _never
        self._looks_at(bound.names)
        return Located(bound, self.path)

    def template(self, value: Any, at: At, *, output: bool = False) -> Evaluate:
        """Any JSON value with `${…}` in its strings, bound."""
        try:
            bound = expr.template(value, self.names, output=output)
        except expr.TemplateErrors as errors:
            for exc in errors.errors:
                self.problem(at + exc.at, exc.message, exc.hint)
            return _never
        self._looks_at(bound.names)
        return Located(bound, self.path)

    def _looks_at(self, names: frozenset[str]) -> None:
        self.linker.seen.update(names)
        self.looked.update(names)

    def problem(self, at: At, message: str, hint: str = "") -> None:
        """Report what is wrong at a place within this node."""
        self.linker.problems.append(Problem(path_text(self.at + at), message, hint, place=self.at + at))


@dataclass(frozen=True, slots=True)
class Located:
    """An expression whose failure carries the path of its node."""

    evaluate: Evaluate
    path: str

    def __call__(self, ctx: Context, given: Message, output: Message | None) -> Message:
        try:
            return self.evaluate(ctx, given, output)
        except PlaitError as exc:
            raise exc.at(self.path) from None


def _never(ctx: Context, given: Message, output: Message | None) -> Message:  # noqa: ARG001 - a graph with problems never runs
    raise AssertionError("a graph with problems was run")


def graph_schema(spec: GraphSpec, problems: list[Problem], name: str) -> Validate | None:
    """The check of a graph's requests, if it has a schema."""
    if spec.request_schema is None:
        return None
    try:
        return schema_check(spec.request_schema)
    except SchemaProblem as exc:
        at = ("graphs", name, "schema", *exc.at)
        problems.append(Problem(path_text(at), exc.message, exc.hint, place=at))
        return None
