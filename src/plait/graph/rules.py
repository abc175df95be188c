"""The rules of a graph, bound: conditions, templates and sinks, and what is wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from plait.errors import Problem
from plait.graph.document import path_text
from plait.graph.hints import nearest
from plait.graph.link import Linker, NodeLink
from plait.nodes.condition import Condition
from plait.spec.sinks import LogSink, QueueSink

if TYPE_CHECKING:
    from plait.expr import Evaluate
    from plait.graph.spec import Config, GraphSpec
    from plait.nodes.link import At
    from plait.spec.rules import Rule

Fields = tuple[str, ...]
"""The way to a field of the answer."""

STAND_IN = LogSink(log="info")
"""In place of a sink that is wrong by itself: whoever refers to it is not wrong too."""
_BODILESS = (204, 205, 304)
_ONE_PART = re.compile(r"\s*part\s*==\s*'([a-z0-9_.]+)'\s*(?:&&|$)")
_ABOUT_PART = re.compile(r"""\bpart\s*==\s*(?:'([^'\\]*)'|"([^"\\]*)")""")


class Counts(NamedTuple):
    """A rule acts on so many matches within so many seconds only, counted apart for each value of `by`."""

    times: int
    within: float
    by: Evaluate | None


class Response(NamedTuple):
    """What the client gets instead."""

    status: int
    body: Evaluate


class BoundRule(NamedTuple):
    """A rule that can be asked whether it holds; `only` is the key of the one part for which it can, if that is known."""

    name: str
    on: Literal["part", "result"]
    when: Condition
    counts: Counts | None
    alert: str | None
    defer: str | None
    set: tuple[tuple[Fields, Evaluate], ...]
    drop: tuple[Fields, ...]
    respond: Response | None
    only: str | None

    @property
    def changes(self) -> bool:
        """Whether the client's answer depends on it."""
        return bool(self.set or self.drop or self.respond)

    @property
    def promises(self) -> bool:
        """Whether sinks are told of it."""
        return self.alert is not None or self.defer is not None


class BoundRules(NamedTuple):
    """All rules of a graph, in the order of the file; `keys` are the parts whose answers those on the result see by name."""

    parts: tuple[BoundRule, ...] = ()
    results: tuple[BoundRule, ...] = ()
    keys: tuple[str, ...] = ()


def bound_rules(linker: Linker, graph: str) -> BoundRules:
    """The rules of a graph that has been linked; problems of their expressions are reported to the linker."""
    rules = linker.config.graphs[graph].rules
    bound = [_bound(linker, graph, place, rule) for place, rule in enumerate(rules)]
    parts = tuple(rule for rule in bound if rule.on == "part")
    return BoundRules(parts, tuple(rule for rule in bound if rule.on == "result"), tuple(sorted(linker.outputs)))


def _bound(linker: Linker, graph: str, place: int, rule: Rule) -> BoundRule:
    name, on_part = rule_name(rule, place), rule.on == "part"
    names = frozenset({"part"}) if on_part else frozenset({"result", *linker.outputs})
    link = NodeLink(linker, f"{graph}/rules/{name}", ("graphs", graph, "rules", place), name, names=names)
    do, counts, respond = rule.do, None, None
    if rule.count is not None and rule.within is not None:
        by = None if rule.by is None else link.expression(rule.by, ("by",), output=on_part)
        counts = Counts(rule.count, rule.within, by)
    if do.respond is not None:
        respond = Response(do.respond.status, link.template(do.respond.body, ("do", "respond", "body"), output=on_part))
    return BoundRule(
        name,
        rule.on,
        Condition.bind(link, rule.when, ("when",), output=on_part),
        counts,
        do.alert,
        do.defer,
        tuple((_way(field), link.template(value, ("do", "set", field))) for field, value in (do.set or {}).items()),
        tuple(map(_way, do.drop or ())),
        respond,
        _only(rule.when),
    )


def _only(when: str) -> str | None:
    """The part that a condition begins with, where nothing that follows can make it hold for another."""
    found = _ONE_PART.match(when)
    return None if found is None or "||" in when or "?" in when else found[1]


def rule_name(rule: Rule, place: int) -> str:
    """What a rule is called that stands at a place of its graph's list, from 0."""
    return rule.name or str(place + 1)


def _way(field: str) -> Fields:
    return tuple(field.split("."))


def rule_problems(config: Config, graph: str, linker: Linker) -> Iterator[Problem]:
    """What is wrong with the rules of a graph that has been linked, apart from their expressions."""
    spec = config.graphs[graph]
    yield from _equal_names(spec, graph)
    for place, rule in enumerate(spec.rules):
        at: At = ("graphs", graph, "rules", place)
        do = rule.do
        if do.alert is not None:
            yield from _alert(config, do.alert, (*at, "do", "alert"))
        if do.defer is not None:
            yield from _defer(config, do.defer, (*at, "do", "defer"))
        if rule.on == "part":
            yield from _on_part(rule, at, linker)
        if do.respond is not None and do.respond.status in _BODILESS:
            where = (*at, "do", "respond", "status")
            yield _problem(where, f"an answer with the status {do.respond.status} has no body", "use 200, or another that has one")


def _equal_names(spec: GraphSpec, graph: str) -> Iterator[Problem]:
    names = Counter[str]()
    for place, rule in enumerate(spec.rules):
        if rule.name is not None:
            names[rule.name] += 1
            if names[rule.name] > 1:
                where = ("graphs", graph, "rules", place, "name")
                yield _problem(where, f"another rule of this graph is called {rule.name}", "give one of them another name")


def _alert(config: Config, sink: str, at: At) -> Iterator[Problem]:
    found = config.sinks.get(sink)
    if found is None:
        yield _problem(at, f"there is no sink {sink}", nearest(sink, config.sinks))
    elif isinstance(found, QueueSink):
        yield _problem(at, f"{sink} is a queue, which begins jobs and takes no alerts", f"write defer: {sink}")


def _defer(config: Config, sink: str, at: At) -> Iterator[Problem]:
    found = config.sinks.get(sink)
    if found is None:
        yield _problem(at, f"there is no sink {sink}", nearest(sink, config.sinks))
    elif not isinstance(found, QueueSink) and found is not STAND_IN:
        queues = [name for name, other in config.sinks.items() if isinstance(other, QueueSink)]
        hint = nearest(sink, queues) if queues else f"write alert: {sink}, or add a sink such as later: {{queue: low, graph: …}}"
        yield _problem(at, f"{sink} is no queue, so that no job can begin there", hint)


def _on_part(rule: Rule, at: At, linker: Linker) -> Iterator[Problem]:
    for key in ("set", "drop"):
        if getattr(rule.do, key) is not None:
            message = f"a rule on a part has no result yet that it could {'change' if key == 'set' else 'take from'}"
            yield _problem((*at, "do", key), message, "write on: result; it sees each part's answer by its key")
    known = {label.partition(".")[0] for label in linker.labels}
    for found in _ABOUT_PART.finditer(rule.when):
        key = found[1] or found[2] or ""
        if key.partition(".")[0] not in known:
            yield _problem((*at, "when"), f"no part has the key {key!r}", nearest(key, sorted(known)))


def _problem(at: At, message: str, hint: str) -> Problem:
    return Problem(path_text(at), message, hint, place=at)
