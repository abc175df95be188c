"""A file in Python: its graphs and predictors as compositions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from plait.algebra.graph import Graph, compose
from plait.algebra.names import Names
from plait.graph.dump import fields
from plait.graph.load import Loaded, load_checked
from plait.graph.spec import OPTIONS, Config, GraphOptions
from plait.graph.uses import graphs_used, predictors_used
from plait.spec.base import Spec

_SpecT = TypeVar("_SpecT", bound=Spec)


@dataclass(frozen=True, slots=True, repr=False)
class File:
    """A configuration that was loaded; `plait.Proxy` serves it as it is."""

    loaded: Loaded

    def __repr__(self) -> str:
        return f"<File {self.loaded.document.source}>"

    @property
    def config(self) -> Config:
        """All that it says, ready for use."""
        return self.loaded.config

    @property
    def warnings(self) -> list[str]:
        """What is odd in it but does no harm."""
        return self.loaded.warnings

    @property
    def graphs(self) -> dict[str, Graph]:
        """Its graphs, for use in others: each by its name, with what it needs."""
        return {name: self._graph(name) for name in self.config.graphs}

    @property
    def predictors(self) -> dict[str, Graph]:
        """Its predictors, for use in graphs."""
        return {name: Graph(compose({"predict": name}).root, self._names([name], [])) for name in self.config.predictors}

    def to_yaml(self) -> str:
        """The file as it was written, without its comments; `${env.…}` stands where it stood."""
        return self.loaded.to_yaml()

    def _graph(self, name: str) -> Graph:
        graphs = _with_used(self.config, name)
        names = self._names(predictors_used(self.config, name), graphs)
        if name not in self.config.predictors:
            return Graph(compose({"predict": name}).root, names)
        # The name alone would mean the predictor.
        spec = names.graphs[name]
        options = {key: value for key, value in fields(spec).items() if key in OPTIONS}
        others = {other: used for other, used in names.graphs.items() if other != name}
        return Graph(spec.root, Names(names.predictors, others, names.written), GraphOptions(**options))

    def _names(self, predictors: list[str], graphs: list[str]) -> Names:
        """These, with the file's defaults, which hold for them wherever they go."""
        config = self.config
        return Names(
            {name: _complete(config.predictors[name], config.defaults.predictor) for name in predictors},
            {name: _complete(config.graphs[name], config.defaults.graph) for name in graphs},
            self.loaded.written,
        )


def load(path: str | Path | None, environ: Mapping[str, str] | None = None) -> File:
    """Load a file, checked as a whole.

    Args:
        path: The file; with None, `SERVICE_<NAME>` variables say which predictors there are.
        environ: The environment's variables, by default those of this process.

    Raises:
        ConfigError: With every problem of the file.
        StartError: If the file cannot be read, or there is neither a file nor a variable.
    """
    return File(load_checked(path, environ))


def _with_used(config: Config, name: str) -> list[str]:
    """A graph, and those that it uses, itself or through others."""
    found = [name]
    for graph in found:
        found += [other for other in dict.fromkeys(graphs_used(config, graph)) if other not in found]
    return found


def _complete(spec: _SpecT, defaults: Spec) -> _SpecT:
    missing: dict[str, Any] = {key: getattr(defaults, key) for key in defaults.model_fields_set if key not in spec.model_fields_set}
    return spec.model_copy(update=missing) if missing else spec
