"""An expression cut into what walks JSON text and what CEL computes.

Selections, choices between them and the list macros run here, on bytes: objects keep the order of their names and numbers their
text. CEL is given the values of selections, not all that they select from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from plait.expr import cel, column, linear, price, select, tree
from plait.expr.column import Column, Each
from plait.expr.compare import OPERATORS, Compared
from plait.expr.computed import Computed, Source
from plait.expr.price import MOST_ITEMS, SMALL, Price
from plait.expr.select import Selections
from plait.expr.tree import Checked, Macro, Node
from plait.expr.variables import Evaluate, Expression, this
from plait.expr.walk import Key, of_each
from plait.types import Context, Message


class Variable(NamedTuple):
    """Where a variable's JSON comes from, and how CEL is to read it."""

    source: Evaluate
    decode: cel.Decode


Scope = Mapping[str, Variable]
Selection = tuple[str, tuple[Key, ...]]

_APART = "@"
"""What the names of values found apart begin with, and nobody else's do."""


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
class Plan:
    """Makes evaluators of the nodes of one checked expression."""

    text: str
    checked: Checked
    selections: Selections
    most: int

    def bind(self, node: Node, scope: Scope) -> Expression:
        """The evaluator of a node that sees the variables of `scope`."""
        selection = _selection(node, scope)
        if selection is not None:
            return self._selected(node, selection, scope)
        if node.kind == tree.CALL and node.name == "_?_:_":
            condition, yes, no = (self.bind(child, scope) for child in node.children)
            return Choice(self.text, _free(node, scope), condition, yes, no)
        macro = tree.macro(node)
        if macro is not None:
            return self._each(node, macro, scope)
        return self._compared(node, scope) or self._computed(node, scope)

    def _compared(self, node: Node, scope: Scope) -> Compared | None:
        """The comparison of a selection with a constant, if a node is one."""
        compare = OPERATORS.get(node.name) if node.kind == tree.CALL else None
        if compare is None:
            return None
        value, constant = node.children
        selection, literal = _selection(value, scope), tree.literal(constant)
        if selection is None or value.tests or literal is None or scope[selection[0]].decode is not cel.doubles:
            return None
        fetch = self._selected(value, selection, scope)
        return Compared(self.text, fetch.names, fetch, compare, literal, self.selections.budget)

    def _each(self, node: Node, macro: Macro, scope: Scope) -> Each:
        where = None if macro.where is None else self._column(macro.where, macro)
        body = self._column(macro.body, macro)
        source = self.bind(macro.source, scope)
        return Each(self.text, _free(node, scope), source, where, body, self.most, self.selections.budget)

    def _column(self, node: Node, macro: Macro) -> Column:
        """What makes the values of a node for all items of a macro."""
        own = {macro.variable: self._variable(macro.source, this)}
        selection = _selection(node, own)
        if selection is not None and not node.tests:
            return self._picked(selection[1]) if selection[1] else column.Same(self.text)
        if node.kind == tree.CALL and node.name == "_?_:_":
            condition, yes, no = (self._column(child, macro) for child in node.children)
            return column.Chosen(self.text, condition, yes, no)
        looks = {part.id: macro.variable for part in _apart(node, own)}
        ways = {None if part.tests else _selection(part, own) for part in _apart(node, own)}
        only = ways.pop() if len(ways) == 1 else None
        if only is None or _free(tree.swapped(node, dict.fromkeys(looks, "")), own):
            return self._batched(node, macro, {})
        return column.Narrow(self._picked(only[1]), self._batched(node, macro, looks))

    def _picked(self, keys: tuple[Key, ...]) -> column.Picked:
        way = select.Way.of(self.text, keys)
        return column.Picked(self.text, of_each(keys), way, self.selections.budget)

    def _batched(self, node: Node, macro: Macro, swaps: Mapping[int, str]) -> column.Batched:
        """CEL makes something of the items, or, with swaps, of a part of each."""
        rest = tree.swapped(node, swaps)
        program = cel.program(self.checked.each(node, swaps, macro.variable, column.ITEMS))
        cost = price.price(rest, {macro.variable}).plus(Price(item=price.per_item(rest)))
        decode = self._variable(macro.source, this).decode
        return column.Batched(self.text, program, decode, cost, self.selections.budget)

    def _computed(self, node: Node, scope: Scope) -> Computed:
        """CEL evaluates the node, with everything that is found without it as a variable."""
        names: dict[int, str] = {}
        apart: dict[Any, Source] = {}
        for found in _apart(node, scope):
            same = _selection(found, scope), found.tests
            key = found.id if same[0] is None else same
            if key not in apart:
                apart[key] = Source(f"{_APART}{found.id}", *self._variable(found, self.bind(found, scope)))
            names[found.id] = apart[key].name
        rest = tree.swapped(node, names)
        sources = (*(Source(name, *scope[name]) for name in sorted(_free(rest, scope))), *apart.values())
        cost = price.price(rest, {source.name for source in sources})
        program = cel.program(self.checked.alone(node, names))
        return Computed(self.text, _free(node, scope), program, sources, cost, cost.densest(SMALL), self.selections.budget)

    def _selected(self, node: Node, selection: Selection, scope: Scope) -> Expression:
        name, keys = selection
        found = self.selections.bind(self.text, name, scope[name].source, keys)
        return select.Has(self.text, found.names, found) if node.tests and isinstance(found, select.Select) else found

    def _variable(self, origin: Node, source: Evaluate) -> Variable:
        """A variable for the value of a list, or for each of its items."""
        return Variable(source, cel.as_written if self.checked.whole(origin) else cel.doubles)


def compile_expression(text: str, variables: Mapping[str, Evaluate], selections: Selections) -> Expression:
    """Bind an expression that is no plain selection.

    Raises:
        ExpressionError: If it is no CEL, wrong in its types, or not of linear form.
    """
    scope = {name: Variable(source, cel.doubles) for name, source in variables.items()}
    checked = tree.read(cel.check(text, scope))
    linear.check(checked.root, scope)
    macros = sum(tree.macro(node) is not None for node in checked.root.walk())
    return Plan(text, checked, selections, MOST_ITEMS // max(1, macros)).bind(checked.root, scope)


def _selection(node: Node, scope: Scope) -> Selection | None:
    """The variable and the keys, if a node is a plain selection from one, or asks whether there is what it selects."""
    keys: list[Key] = []
    asked = node
    while node.kind != tree.IDENT:
        if node.kind == tree.SELECT and (node is asked or not node.tests):
            keys.append(node.name)
        elif node.kind == tree.CALL and node.name == "_[_]" and node.children[1].value is not None:
            keys.append(node.children[1].value)
        else:
            return None
        node = node.children[0]
    return (node.name, tuple(reversed(keys))) if node.name in scope else None


def _apart(node: Node, scope: Scope) -> list[Node]:
    """The outermost selections and list macros in a node; what is in a macro's body is about its items."""
    if tree.macro(node) is not None or (node.kind != tree.IDENT and _selection(node, scope) is not None):
        return [node]
    children = node.children[:1] if node.kind == tree.LOOP else node.children
    return [found for child in children for found in _apart(child, scope)]


def _free(node: Node, scope: Scope) -> frozenset[str]:
    """The variables of `scope` that a node refers to, iteration variables of the same name apart."""
    if node.kind == tree.IDENT:
        return frozenset({node.name} & scope.keys())
    if node.kind == tree.LOOP:
        source, *body = node.children
        inner = {name: found for name, found in scope.items() if name not in {node.name, node.accumulator}}
        return _free(source, scope).union(*(_free(child, inner) for child in body))
    return frozenset().union(*(_free(child, scope) for child in node.children))
