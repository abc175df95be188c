"""One pass over JSON text that finds everything which an expression or a template selects from it.

The parser is given a type that has the wanted names and items only, with their bytes; of the rest it makes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypedDict

import msgspec

from plait.errors import ExpressionFailed
from plait.expr.budget import FREE, Budget, Density
from plait.types import Message

Key = str | int
Path = tuple[Key, ...]
_Tree = dict[Key, "_Tree"]

MOST_INDEX = 4_095
"""The highest index in a selection: every item before it is looked at."""


class Walk:
    """A pass that finds the values at some paths, of which none leads through another.

    What it found is kept with the message, for other selections from it.

    Args:
        paths: Keys and indexes, one after the other.
    """

    __slots__ = ("_decode", "_slots", "_steep", "_width")

    def __init__(self, paths: Iterable[Path]) -> None:
        tree = _tree(paths)
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(_shape(tree)).decode
        self._width = _width(tree)
        self._slots = _slots(tree)
        self._steep = 8 + self._width

    def find(self, message: Message, budget: Budget, text: str) -> Any:
        """The objects and lists on the way, with only what is wanted in them, and the bytes at the end.

        Raises:
            ExpressionFailed: If the budget does not cover the pass, or the text on the way has no value.
        """
        found = message.found
        if found is None:
            found = message.found = {}
        elif self in found:
            return found[self]
        raw = message.raw
        if len(raw) * self._steep + self._slots > FREE:
            if Density not in found:
                found[Density] = Density.of(raw)
            budget.pay(found[Density].walk(self._width, self._slots), text)
        try:
            value = found[self] = self._decode(raw)
        except msgspec.ValidationError:
            raise unreadable(text) from None
        return value


def unreadable(text: str) -> ExpressionFailed:
    """JSON all the same, but with a number such as 1e999 where the expression `text` needs an object or a list."""
    return ExpressionFailed(f"{text}: a number on the way is out of range")


@lru_cache(maxsize=1024)
def of_each(path: Path) -> Callable[[bytes], list[Any]]:
    """What finds one path in each item of a list."""
    return msgspec.json.Decoder(list[_shape(_tree([path]))]).decode  # type: ignore[misc]  # a type that is made now


_walk = lru_cache(maxsize=4096)(Walk)


class Layers:
    """The paths that one expression or template selects from one variable, sorted into walks."""

    __slots__ = ("_layers",)

    def __init__(self) -> None:
        self._layers: list[Layer] = []

    def layer(self, path: Path) -> Layer:
        """The first layer in which no path leads through this one, nor this one through it."""
        for layer in self._layers:
            if layer.takes(path):
                break
        else:
            layer = Layer()
            self._layers.append(layer)
        layer.add(path)
        return layer

    def close(self) -> None:
        """No path is still to come."""
        for layer in self._layers:
            layer.walk = _walk(frozenset(layer.paths))


class Layer:
    """Paths that one walk can find, and that walk once they are all known."""

    __slots__ = ("_through", "paths", "walk")
    walk: Walk

    def __init__(self) -> None:
        self.paths: set[Path] = set()
        self._through: set[Path] = set()

    def takes(self, path: Path) -> bool:
        """Whether the path is here already, or stands clear of all that are."""
        return path in self.paths or (path not in self._through and self.paths.isdisjoint(_leading(path)))

    def add(self, path: Path) -> None:
        """Find this too."""
        self.paths.add(path)
        self._through.update(_leading(path))


def _leading(path: Path) -> list[Path]:
    """The paths that a path leads through."""
    return [path[:length] for length in range(1, len(path))]


def _tree(paths: Iterable[Path]) -> _Tree:
    tree: _Tree = {}
    for path in paths:
        place = tree
        for key in path:
            place = place.setdefault(key, {})
    return tree


def _shape(tree: _Tree) -> Any:
    """The type of what is wanted of a value; one of another kind is read all the same, and then found to lack it."""
    if not tree:
        return msgspec.Raw
    wanted = {key: _shape(inner) for key, inner in tree.items()}
    fields = {key: inner for key, inner in wanted.items() if isinstance(key, str)}
    msgspec.json.encode(list(fields))  # the parser compares with a string's UTF-8 form, which one has once somebody asked for it
    named = TypedDict("Fields", fields, total=False)  # type: ignore[misc]  # its fields are known only now
    listed = _items({key: inner for key, inner in wanted.items() if isinstance(key, int)})
    return named | listed | str | float | bool | None


def _items(wanted: Mapping[int, Any]) -> Any:
    last = max(wanted, default=-1)
    if all(inner is msgspec.Raw for inner in wanted.values()):
        return _bare(1 << last.bit_length() if last >= 0 else 0)
    return _array(last + 1, wanted)


@lru_cache
def _bare(length: int) -> Any:
    """An array of which nothing but bytes is wanted."""
    return _array(length, {})


def _array(length: int, wanted: Mapping[int, Any]) -> Any:
    fields = [(item(index), wanted.get(index, msgspec.Raw), msgspec.UNSET) for index in range(length)]
    return msgspec.defstruct("Items", fields, array_like=True, gc=False)


def item(index: int) -> str:
    """The attribute of an item."""
    return f"item{index}"


def _width(tree: _Tree) -> int:
    return max([sum(isinstance(key, str) for key in tree), *map(_width, tree.values())])


def _slots(tree: _Tree) -> int:
    return max((key + 1 for key in tree if isinstance(key, int)), default=0) + sum(map(_slots, tree.values()))
