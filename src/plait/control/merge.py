"""Edits: pure functions from a whole configuration to the next, each with what was sent, so that problems have its lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from plait.control.revisions import Data
from plait.errors import ConfigError, NotFound, Problem
from plait.graph.document import Document, Place, path_text
from plait.nodes.link import At

NAMED = ("predictors", "graphs", "sources", "sinks")
"""Sections of entries with names, each of which is replaced as a whole."""
KEYED = ("server", "defaults", "jobs")
"""Sections of settings, each of which is replaced as a whole."""
_BODY = "the request"
_NOTHING = Document(_BODY, None)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a configuration.

    Args:
        change: From the whole old data to the whole new data; it changes nothing in place.
        sent: What was sent for it, and where in it things are.
        at: Where in the whole what was sent stands.
        depth: How many steps below that begins what the edit really replaces: what is around it was not sent.
        puts: The section and name of an entry that it replaces or adds.
        removes: Those of entries that it takes out, which nobody may need then.
        file: Whether it is the whole file as an operator wrote it, who may say anything.
    """

    change: Callable[[Data], Data]
    sent: Document = _NOTHING
    at: At = ()
    depth: int = 0
    puts: tuple[str, str] | None = None
    removes: Collection[tuple[str, str]] = ()
    file: bool = False

    def __call__(self, data: Data, /) -> Data:
        """The whole new data."""
        return self.change(data)

    def document(self, data: Data) -> Document:
        """The whole new data, with the places of what was sent."""
        sent = self.sent
        broken = frozenset((*self.at, *at) for at in sent.broken)
        return Document(
            sent.source, data, self._moved(sent.positions), self._moved(sent.keys), tuple(map(self._told, sent.problems)), broken
        )

    def _moved(self, places: Mapping[At, Place]) -> dict[At, Place]:
        known = (*NAMED, *KEYED)
        return {(*self.at, *at): place for at, place in places.items() if len(at) >= self.depth or (at and at[0] not in known)}

    def _told(self, problem: Problem) -> Problem:
        at = (*self.at, *problem.place)
        return Problem(path_text(at), problem.message, problem.hint, problem.line, problem.column, place=at)


def whole(data: Any, *, file: bool = False) -> Edit:
    """All of it anew.

    Args:
        data: The configuration, as plain data or as the document that says it.
        file: Whether an operator wrote it as the file.
    """
    sent = _document(data)
    return Edit(lambda old: _unless_lost(sent, old), sent, file=file)


def put(section: str, name: str, value: Any) -> Edit:
    """One entry of a section, new or in place of that of its name.

    Args:
        section: Such as `predictors`.
        name: Of the entry.
        value: The entry, as plain data or as the document that says it.
    """
    sent = _document(value)

    def change(data: Data) -> Data:
        return {**data, section: {**data.get(section, {}), name: sent.data}}

    return Edit(change, sent, (section, name), puts=(section, name))


def delete(section: str, name: str) -> Edit:
    """One entry less.

    Applied where there is none of this name, it raises `NotFound`.
    """

    def change(data: Data) -> Data:
        if name not in data.get(section, {}):
            raise NotFound(f"there is no {section.removesuffix('s')} of this name")
        return _without(data, section, (name,))

    return Edit(change, removes=((section, name),))


def apply(partial: Any) -> Edit:
    """Several changes at once, as a file with only that in it: each entry replaces that of its name, `null` removes it.

    Args:
        partial: The partial file, as plain data or as the document that says it.
    """
    sent = _document(partial)
    removes = [
        (section, name)
        for section, members in (sent.data.items() if isinstance(sent.data, dict) else ())
        for name, value in (members.items() if section in NAMED and isinstance(members, dict) else ())
        if value is None
    ]
    return Edit(lambda data: _applied(data, sent), sent, depth=2, removes=tuple(removes))


def _applied(data: Data, sent: Document) -> Data:
    problems = []
    for section, members in _mapping(sent).items():
        if section not in (*NAMED, *KEYED):
            data = {**data, section: members}  # the check knows what it may have meant
        elif isinstance(members, dict):
            data = _merged(data, section, members)
        else:
            problems.append(sent.problem((section,), "must be a mapping", "write name: {…} for what changes; null removes one"))
    if problems:
        raise ConfigError(problems, sent.source)
    return data


def _merged(data: Data, section: str, members: Data) -> Data:
    given = {name: value for name, value in members.items() if value is not None}
    merged = {**data, section: {**data.get(section, {}), **given}} if given else data
    return _without(merged, section, [name for name in members if name not in given])


def _without(data: Data, section: str, names: Collection[str]) -> Data:
    """Less some entries; a section that is emptied so is left out."""
    members = data.get(section, {})
    left = {name: value for name, value in members.items() if name not in names}
    if len(left) == len(members):
        return data
    return {key: left if key == section else value for key, value in data.items() if key != section or left}


def _unless_lost(sent: Document, old: Data) -> Data:
    """The whole, unless it is nothing where there was something: a file that an editor is just writing is empty for a moment."""
    if sent.data is None and old:
        raise ConfigError([sent.problem((), "is empty", "write {} if nothing shall be served any more")], sent.source)
    return _mapping(sent)


def _mapping(sent: Document) -> Data:
    data = {} if sent.data is None else sent.data
    if not isinstance(data, dict):
        problem = sent.problem((), "must be a mapping", f"its keys are {', '.join((*KEYED, *NAMED))}")
        raise ConfigError([problem], sent.source)
    return data


def _document(value: Any) -> Document:
    return value if isinstance(value, Document) else Document(_BODY, value)
