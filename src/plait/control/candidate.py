"""A configuration that may become the next revision: made by an edit, and checked in every way, without waiting."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plait.control.errors import InUse, NotPermitted
from plait.control.merge import Edit
from plait.control.permitted import not_permitted
from plait.control.revisions import Data
from plait.control.secrets import put_back
from plait.control.size import oversize
from plait.errors import ConfigError, Problem
from plait.graph.document import Document, path_text
from plait.graph.load import Loaded, Read, checked, read
from plait.graph.spec import Config
from plait.graph.uses import names_asked
from plait.nodes.link import At


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a configuration means depends on, besides what it says.

    Args:
        environ: The environment's variables.
        folder: Where relative paths begin.
        source: What the configuration is called in problems.
    """

    environ: Mapping[str, str]
    folder: Path
    source: str = "plait.yaml"

    def load(self, data: Data, excluded: Collection[str]) -> Loaded:
        """A configuration that was accepted before, checked anew here.

        Raises:
            ConfigError: With every problem that it has here.
        """
        return checked(self.read(Document(self.source, data)), excluded)

    def read(self, document: Document) -> Read:
        """What a document says here."""
        return read(document, self.environ, self.folder)


def candidate(edit: Edit, old: Data, allow_local: bool, excluded: Collection[str], around: Surroundings) -> Loaded:  # noqa: FBT001 - it is told by name
    """What an edit makes of the active configuration, checked whole.

    Args:
        edit: The edit.
        old: The active configuration as written.
        allow_local: Whether that lets changes by the admin port name what is local.
        excluded: The predictors that are excluded.
        around: What else its meaning depends on.

    Raises:
        NotPermitted: If it says what only the file may say; nothing that it names was imported or opened then.
        InUse: If something is removed that others need.
        ConfigError: With every problem.
        NotFound: If something is to be removed that is not there.
    """
    document = edit.document(edit(old))
    if edit.file:
        return checked(around.read(document), excluded)
    if too_large := oversize(document.data):
        raise ConfigError(too_large, document.source)
    data, problems = put_back(document.data, old, document)
    document = Document(document.source, data, document.positions, document.keys, document.problems, document.broken)
    found = around.read(document)
    config = found.loaded.config
    if forbidden := not_permitted(document, config, old, allow_local=allow_local):
        raise NotPermitted([*document.problems, *forbidden], document.source)
    if users := [*_users(config, edit.removes)]:
        raise InUse(f"it is used: {'; '.join(f'{problem.path} {problem.message}' for problem in users)}", users)
    return checked(found, excluded, problems)


def _users(config: Config, removed: Collection[tuple[str, str]]) -> Iterator[Problem]:
    """What in the new configuration still asks for what was removed, and is not there under any other section."""
    gone = {name for _, name in removed} - config.predictors.keys() - config.graphs.keys()
    for graph, spec in config.graphs.items() if gone else ():
        for name in names_asked(spec):
            if name in gone:
                yield _user(("graphs", graph), f"asks {name}")
    removed_predictors = {name for section, name in removed if section == "predictors"} - config.predictors.keys()
    for predictor, needs in ((name, spec.needs) for name, spec in config.predictors.items()):
        for name in needs:
            if name in removed_predictors:
                yield _user(("predictors", predictor), f"needs {name}")


def _user(at: At, message: str) -> Problem:
    return Problem(path_text(at), message, "change it first, or in the same apply", place=at)
