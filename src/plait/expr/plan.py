"""An expression cut into what walks JSON text and what CEL computes.

Selections, choices between them and the list macros run here, on bytes: objects keep the order of their names and numbers their
text. CEL's own `map` and `filter` also copy their result for every item (5 s for 10,000 numbers); here an item costs 7 µs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from plait.errors import ExpressionFailed
from plait.expr import cel, linear, select, tree
from plait.expr.select import Key
from plait.expr.tree import Checked, Macro, Node
from plait.expr.variables import Evaluate, Expression, this
from plait.types import Context, Message


class Variable(NamedTuple):
    """Where a variable's JSON comes from, and how CEL is to read it."""

    source: Evaluate
    decode: Callable[[bytes], Any]


Scope = Mapping[str, Variable]

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_HOISTED = "list__"


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? yes : no`: only the chosen one is looked at, and its bytes are kept."""

    text: str
    names: frozenset[str]
    condition: Evaluate
    yes: Evaluate
    no: Evaluate

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        chosen = self.yes if select.truth(self.condition(ctx, given, output), self.text) else self.no
        return chosen(ctx, given, output)


@dataclass(frozen=True, slots=True)
class Each:
    """`filter` and `map`: takes the items for which `where` holds, and makes something of each; they are its parts' input."""

    text: str
    names: frozenset[str]
    source: Evaluate
    where: Evaluate | None
    body: Evaluate
    most: int
    limit: int

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        found: list[bytes] = []
        where, body = self.where, self.body
        for raw in self._range(ctx, given, output):
            item = Message(bytes(raw))
            if where is None or select.truth(where(ctx, item, None), self.text):
                found.append(body(ctx, item, None).raw)
        return Message(b"[" + b",".join(found) + b"]")

    def _range(self, ctx: Context, given: Message, output: Message | None) -> list[msgspec.Raw]:
        raw = self.source(ctx, given, output).raw
        if len(raw) > self.limit:
            raise ExpressionFailed(f"{self.text}: refers to more than {self.limit // 1024} KiB of JSON")
        try:
            items = _items(raw)
        except msgspec.ValidationError:
            raise ExpressionFailed(f"{self.text}: map and filter need a list; the names of an object have no order there") from None
        if len(items) > self.most:
            raise ExpressionFailed(f"{self.text}: its macros run over more than {self.most} items")
        return items


@dataclass(frozen=True, slots=True)
class Plan:
    """Makes evaluators of the nodes of one checked expression."""

    text: str
    checked: Checked
    stages: int
    most: int

    def bind(self, node: Node, scope: Scope) -> Expression:
        """The evaluator of a node that sees the variables of `scope`."""
        selection = _selection(node, scope)
        if selection is not None:
            name, keys = selection
            return select.bind(self.text, name, scope[name].source, keys)
        if node.kind == tree.CALL and node.name == "_?_:_":
            condition, yes, no = (self.bind(child, scope) for child in node.children)
            return Choice(self.text, _free(node, scope), condition, yes, no)
        macro = tree.macro(node)
        if macro is not None:
            return self._each(node, macro, scope)
        return self._computed(node, scope)

    def _each(self, node: Node, macro: Macro, scope: Scope) -> Each:
        own = {macro.variable: self._variable(macro.source, this)}
        where = None if macro.where is None else self.bind(macro.where, own)
        body = self.bind(macro.body, own)
        limit = min(linear.limit(part, own, self.stages) for part in (macro.where, macro.body) if part is not None)
        return Each(self.text, _free(node, scope), self.bind(macro.source, scope), where, body, self.most, limit)

    def _computed(self, node: Node, scope: Scope) -> cel.Computed:
        """CEL evaluates the node, with every list macro within it as a variable that holds its result."""
        macros = [found for found in _outermost(node) if tree.macro(found) is not None]
        swaps = {found.id: f"{_HOISTED}{found.id}" for found in macros}
        checked = self.checked.alone(node, swaps)
        rest = tree.read(checked).root
        seen = {name: scope[name] for name in sorted(_free(rest, scope))}
        seen |= {swaps[found.id]: self._variable(found, self.bind(found, scope)) for found in macros}
        sources = tuple((name, *variable) for name, variable in seen.items())
        limit = linear.limit(rest, seen, self.stages)
        return cel.Computed(self.text, _free(node, scope), cel.program(checked), sources, limit)

    def _variable(self, origin: Node, source: Evaluate) -> Variable:
        """A variable for the value of a list, or for each of its items."""
        return Variable(source, cel.as_written if self.checked.whole(origin) else cel.doubles)


def compile_expression(text: str, variables: Mapping[str, Evaluate]) -> Expression:
    """Bind an expression that is no plain selection.

    Raises:
        ExpressionError: If it is no CEL, wrong in its types, or not of linear form.
    """
    scope = {name: Variable(source, cel.doubles) for name, source in variables.items()}
    checked = tree.read(cel.check(text, scope))
    linear.check(checked.root, scope)
    macros = sum(tree.macro(node) is not None for node in checked.root.walk())
    choices = sum(node.name == "_?_:_" for node in checked.root.walk())
    return Plan(text, checked, 1 + macros + choices, linear.MOST_ITEMS // max(1, macros)).bind(checked.root, scope)


def _selection(node: Node, scope: Scope) -> tuple[str, tuple[Key, ...]] | None:
    """The variable and the keys, if a node is a plain selection from one."""
    keys: list[Key] = []
    while node.kind != tree.IDENT:
        if node.kind == tree.SELECT and not node.tests:
            keys.append(node.name)
        elif node.kind == tree.CALL and node.name == "_[_]" and node.children[1].value is not None:
            keys.append(node.children[1].value)
        else:
            return None
        node = node.children[0]
    return (node.name, tuple(reversed(keys))) if node.name in scope else None


def _outermost(node: Node) -> list[Node]:
    """The list macros in a node that are in no other."""
    if tree.macro(node) is not None:
        return [node]
    return [found for child in node.children for found in _outermost(child)]


def _free(node: Node, scope: Scope) -> frozenset[str]:
    """The variables of `scope` that a node refers to, iteration variables of the same name apart."""
    if node.kind == tree.IDENT:
        return frozenset({node.name} & scope.keys())
    if node.kind == tree.LOOP:
        source, *body = node.children
        inner = {name: found for name, found in scope.items() if name not in {node.name, node.accumulator}}
        return _free(source, scope).union(*(_free(child, inner) for child in body))
    return frozenset().union(*(_free(child, scope) for child in node.children))
