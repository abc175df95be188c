"""What a change through the admin port may not newly name: code, local paths, environment variables, its own `allow`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from plait.control.difference import same
from plait.control.revisions import Data
from plait.control.secrets import goes_elsewhere
from plait.errors import Problem
from plait.graph.document import Document
from plait.graph.env import names_variable
from plait.graph.spec import Config
from plait.graph.walk import nodes
from plait.nodes.link import At
from plait.nodes.merges import PythonMerge
from plait.nodes.parallel import Parallel
from plait.nodes.python import Python
from plait.spec.access_log import WORDS

FIXED = ("allow_local", "allow_addresses", "admin_host", "state", "store", "open_metrics")
"""Of `server`, what only the file says, whatever is allowed."""
_SENT = (("headers",), ("path",), ("secret",))
"""What of an entry is sent to wherever its URLs go."""
_ALLOW = "change it in the file, or let that say server: {allow_local: true}"
_NOTHING = object()


def not_permitted(document: Document, config: Config, old: Data, *, allow_local: bool) -> list[Problem]:
    """What a change may not say that did not stand at the same path before, with the same value.

    Args:
        document: The new configuration as written.
        config: The same as specs. A graph that is wrong by itself has a stand-in here, and is never compiled.
        old: The active configuration as written.
        allow_local: Whether the active one allows all but what only the file says.
    """
    new = document.data
    found = [_fixed(document, key) for key in FIXED if not _same(_at(new, ("server", key)), _at(old, ("server", key)))]
    if allow_local:
        return found
    for at, what in (*_code(config), *_local(new), *_variables(new, ())):
        if not _same(_at(new, at), _at(old, at)):
            found.append(document.problem(at, f"names {what}, which changes by the admin port may not", _ALLOW))
    for at, what in _variables(new, ()):
        if at[2:3] in _SENT and goes_elsewhere(_at(new, at[:2]), _at(old, at[:2]), at[:2]) and _same(_at(new, at), _at(old, at)):
            found.append(document.problem(at, f"sends {what} to another host, which changes by the admin port may not", _ALLOW))
    return found


def kept(new: Data, old: Data) -> Data:
    """The new data with what only the file says as it is now: an earlier configuration brings none of that back."""
    if all(_same(_at(new, ("server", key)), _at(old, ("server", key))) for key in FIXED):
        return new
    server = {key: value for key, value in new.get("server", {}).items() if key not in FIXED}
    now = {key: value for key, value in old.get("server", {}).items() if key in FIXED}
    rest = {key: value for key, value in new.items() if key != "server"}
    return {"server": {**server, **now}, **rest} if server or now else rest


def _fixed(document: Document, key: str) -> Problem:
    return document.problem(("server", key), "cannot be changed by the admin port", "change it in the file")


def _code(config: Config) -> Iterator[tuple[At, str]]:
    for name, spec in config.graphs.items():
        for node, at in nodes(spec.root, ("graphs", name)):
            if isinstance(node, Python):
                yield (*at, "python"), "code"
            if isinstance(node, Parallel) and isinstance(node.merge, PythonMerge):
                yield (*at, "merge", "python"), "code"


def _local(new: Data) -> Iterator[tuple[At, str]]:
    """What names files of this machine, and addresses that a sink allows itself."""
    yield from _given(new, ("server", "tls"), ("cert", "key", "client_ca"), "a local file")
    if _at(new, ("server", "access_log", "to")) not in (*WORDS, _NOTHING):
        yield ("server", "access_log", "to"), "a local file"
    yield from _given(new, ("jobs",), ("store",), "a store")
    for name in _names(new, "predictors"):
        yield from _given(new, ("predictors", name), ("python",), "code")
        yield from _given(new, ("predictors", name), ("model",), "a local file")
        yield from _given(new, ("predictors", name, "tls"), ("ca", "cert", "key"), "a local file")
    for section in ("sources", "sinks"):
        for name in _names(new, section):
            yield from _given(new, (section, name), ("allow",), "addresses that it allows itself")
            yield from _files(new, (section, name))


def _files(new: Data, at: At) -> Iterator[tuple[At, str]]:
    sql, files = _at(new, (*at, "sql")), _at(new, (*at, "files"))
    if isinstance(sql, str) and sql.strip().lower().startswith("sqlite"):
        yield (*at, "sql"), "a local file"
    yield from _given(new, at, ("file",), "a local file")
    if isinstance(files, str) and ("://" not in files or files.strip().lower().startswith(("file:", "local:"))):
        yield (*at, "files"), "a local folder"


def _given(new: Data, at: At, keys: Sequence[str], what: str) -> Iterator[tuple[At, str]]:
    yield from (((*at, key), what) for key in keys if _at(new, (*at, key)) is not _NOTHING)


def _variables(value: Any, at: At) -> Iterator[tuple[At, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _variables(member, (*at, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _variables(item, (*at, place))
    elif isinstance(value, str) and "${" in value and names_variable(value):
        yield at, "an environment variable"


def _names(data: Data, section: str) -> list[str]:
    members = data.get(section)
    return list(members) if isinstance(members, dict) else []


def _at(value: Any, at: At) -> Any:
    """What stands at a path, or `_NOTHING`."""
    for step in at:
        key = isinstance(value, dict) and step in value
        if not key and not (isinstance(value, list) and isinstance(step, int) and step < len(value)):
            return _NOTHING
        value = value[step]
    return value


def _same(one: Any, other: Any) -> bool:
    if one is _NOTHING or other is _NOTHING:
        return one is other
    return same(one, other)
