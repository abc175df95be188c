"""A graph for readers: as a tree of text, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plait.graph.rules import rule_name
from plait.nodes.predict import Predict
from plait.spec.fields import duration_text, json_text

if TYPE_CHECKING:
    from plait.graph.spec import Config
    from plait.nodes.link import Child
    from plait.nodes.node import NodeSpec
    from plait.spec.policies import HedgeSpec, RetrySpec
    from plait.spec.rules import Rule

SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class Headline:
    """What a reader is shown of one node.

    Args:
        title: What it is called.
        kind: What it is, unless the title says it.
        facts: What it does, a few words each.
        options: The options that it was given, a few words each.
    """

    title: str
    kind: str
    facts: tuple[str, ...]
    options: tuple[str, ...]

    def __str__(self) -> str:
        """All of it on one line."""
        return SEPARATOR.join((f"{self.title}: {self.kind}" if self.kind else self.title, *self.facts, *self.options))


def headline(config: Config, node: NodeSpec, label: str) -> Headline:
    """What a reader is shown of a node that is called `label`."""
    if isinstance(node, Predict):
        asks = () if node.predict == label else (f"asks {node.predict}",)
        return Headline(label, "", (*asks, *_asked(config, node)), tuple(_options(node)))
    return Headline(label, "" if label == node.kind else node.kind, node.facts(), tuple(_options(node)))


def explain_text(config: Config, name: str) -> str:
    """A graph as a tree: route and timeout, then every node with what matters of it."""
    spec = config.graphs[name]
    timeout = duration_text(spec.timeout or config.defaults.graph.timeout)
    head = f"{name}  POST {config.route(name)}  timeout {timeout}"
    lines = [head, f"└─ {headline(config, spec.root, spec.root.label)}", *_tree(config, spec.root, "   ")]
    lines += [f"   rule {SEPARATOR.join(_rule(rule, place))}" for place, rule in enumerate(spec.rules)]
    if spec.description:
        lines.insert(1, f"   {spec.description}")
    return "\n".join(lines)


def explain_json(config: Config, name: str) -> dict[str, Any]:
    """The same facts for machines."""
    spec = config.graphs[name]
    shown = {
        "route": config.route(name),
        "timeout": duration_text(spec.timeout or config.defaults.graph.timeout),
        "description": spec.description,
        "root": _node(config, spec.root, spec.root.label),
    }
    rules = [
        {"name": rule_name(rule, place), "on": rule.on, "when": rule.when, "counts": _counts(rule), "does": _does(rule)}
        for place, rule in enumerate(spec.rules)
    ]
    return {**shown, "rules": rules} if rules else shown


def _rule(rule: Rule, place: int) -> list[str]:
    """A rule in a few words each: its name, on what, when, what it counts, what it does."""
    return [rule_name(rule, place), f"on {rule.on}", f"when {' '.join(rule.when.split())}", *_counts(rule), *_does(rule)]


def _counts(rule: Rule) -> list[str]:
    if rule.count is None or rule.within is None:
        return []
    by = "" if rule.by is None else f" by {rule.by}"
    return [f"{rule.count} times within {duration_text(rule.within)}{by}"]


def _does(rule: Rule) -> list[str]:
    do, found = rule.do, []
    if do.alert is not None:
        found.append(f"alert {do.alert}")
    if do.defer is not None:
        found.append(f"defer {do.defer}")
    found += [f"set {field} {json_text(value)}" for field, value in (do.set or {}).items()]
    found += [f"drop {field}" for field in do.drop or ()]
    if do.respond is not None:
        found.append(f"respond {do.respond.status} {json_text(do.respond.body)}")
    return found


def _tree(config: Config, node: NodeSpec, indent: str) -> Iterator[str]:
    children = node.children()
    for place, child in enumerate(children, 1):
        last = place == len(children)
        note = f"{child.note}: " if child.note else ""
        yield f"{indent}{'└─' if last else '├─'} {note}{headline(config, child.node, child.label)}"
        yield from _tree(config, child.node, indent + ("   " if last else "│  "))


def _asked(config: Config, node: Predict) -> list[str]:
    predictor = config.predictors.get(node.predict)
    if predictor is None:
        return [f"graph {node.predict}"]
    holds = config.defaults.predictor.of(predictor)
    repeated = _repeated(None if node.retry else holds.retry, None if node.hedge else holds.hedge)  # its own stand beside it
    facts = [*predictor.places, f"timeout {duration_text(holds.timeout)}", *repeated]
    return facts if predictor.enabled else [*facts, "excluded"]


def _repeated(retry: RetrySpec | None, hedge: HedgeSpec | None) -> list[str]:
    found = []
    if retry is not None:
        on = "" if retry.on is None else f" on {', '.join(map(str, retry.on))}"
        found.append(f"{retry.attempts} attempts{on}" if retry.attempts > 1 else "1 attempt")
    if hedge is not None:
        found.append(f"hedged after {hedge.after if isinstance(hedge.after, str) else duration_text(hedge.after)}")
    return found


def _options(node: NodeSpec) -> list[str]:
    found = []
    if node.timeout is not None:
        found.append(f"within {duration_text(node.timeout)}")
    if node.has_input:
        found.append(f"input {json_text(node.input)}")
    if node.optional:
        found.append("optional")
    if node.when is not None:
        found.append(f"when {node.when}")
    if node.cache is not None:
        found.append(f"cached for {duration_text(node.cache.ttl)}")
    if node.on_error is not None:
        found.append(f"on error {node.on_error}")
    return [*found, *_repeated(node.retry, node.hedge)]


def _node(config: Config, node: NodeSpec, label: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": node.kind, "label": label, "facts": [*node.facts(), *_options(node)]}
    if isinstance(node, Predict):
        shown["asks"] = node.predict
        predictor = config.predictors.get(node.predict)
        if predictor is not None:
            shown |= {"url": predictor.url} if predictor.url else {"urls": predictor.urls}
    children = [_child(config, child) for child in node.children()]
    if children:
        shown["children"] = children
    return shown


def _child(config: Config, child: Child) -> dict[str, Any]:
    shown = _node(config, child.node, child.label)
    return {"note": child.note, **shown} if child.note else shown
