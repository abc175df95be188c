"""From an InferenceGraph to a file of plait's that answers as KServe's router does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plait.deploy.kserve.check import NODES, check
from plait.deploy.kserve.model import ROOT, GraphSpec, Step
from plait.deploy.kserve.names import Names
from plait.deploy.kserve.nodes import Nodes
from plait.deploy.kserve.notes import Notes, about_answers, about_resource, about_steps
from plait.deploy.kserve.read import Source, read
from plait.deploy.kserve.targets import Predictors
from plait.deploy.kserve.write import file_text
from plait.errors import StartError
from plait.graph.document import shown
from plait.graph.load import load_text
from plait.graph.text import LIMIT, Kind, kind_of
from plait.spec.fields import duration_text

_WRITE = 60
_LONGEST = 24 * 3600


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    Args:
        text: The file, in YAML, with the notes as comments at its top.
        notes: What is not carried over, or is answered otherwise.
        data: What the file says.
    """

    text: str
    notes: tuple[str, ...]
    data: dict[str, Any]


def import_graph(path: Path) -> Imported:
    """Import the InferenceGraph of a file.

    Raises:
        ConfigError: If it has none, or one that cannot be carried over.
        StartError: If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LIMIT + 1)
    except OSError as exc:
        raise StartError(f"cannot read {path}: {exc.strerror}") from None
    kind = kind_of(path)
    return import_text(text, "yaml" if kind == "toml" else kind, str(path))


def import_text(text: bytes, kind: Kind = "yaml", source: str = "inferencegraph.yaml") -> Imported:
    """Import the InferenceGraph of a text.

    Args:
        text: YAML with one or more documents, or JSON.
        kind: What it is written in.
        source: What it is called in problems and in the file.

    Raises:
        ConfigError: If it has none, or one that cannot be carried over.
    """
    found = read(text, kind, source)
    if problems := check(found):
        raise found.refusal(problems)
    notes = Notes()
    data = _data(found, notes)
    made = file_text(data, f"the InferenceGraph {shown(found.graph.metadata.name)}", notes.lines())
    # What is wrong now is a limit of plait's, such as the depth of graphs.
    load_text(made, {}, source=f"what was made of {source}")
    return Imported(made, tuple(notes.lines()), data)


def _data(source: Source, notes: Notes) -> dict[str, Any]:
    spec = source.graph.spec
    reached = _reached(spec)
    about_resource(source, notes)
    about_steps(spec, reached, notes)
    names = Names()
    graphs = {ROOT: names.give(source.graph.metadata.name, "graph")}
    predictors = Predictors(source, names, notes)
    for node in reached:
        for place, step in enumerate(spec.nodes[node].steps):
            if not step.node_name:
                predictors.add(step, (*NODES, node, "steps", place))
    graphs |= {node: names.give(node, "node") for node in reached if node != ROOT}

    def ask(step: Step) -> str:
        return graphs[step.node_name] if step.node_name else predictors.name(step)

    nodes = Nodes(source, notes, ask)
    made = {graphs[node]: nodes.graph(node) for node in reached}
    if problems := [*predictors.problems, *nodes.problems]:
        raise source.refusal(problems)
    notes.add((), f"the graph is served at /predict/{graphs[ROOT]}; KServe's router takes every path")
    for node, name in graphs.items():
        if node != ROOT:
            notes.add((*NODES, node), f"is a graph of its own, so that clients can ask it too, at /predict/{name}")
    about_answers(spec, reached, notes)
    return {"defaults": _timeouts(spec, notes), "predictors": predictors.found, "graphs": made}


def _reached(spec: GraphSpec) -> list[str]:
    """The nodes that steps lead to, the root first."""
    found = {ROOT: None}
    queue = [ROOT]
    while queue:
        for step in spec.nodes[queue.pop()].steps:
            if step.node_name and step.node_name not in found:
                found[step.node_name] = None
                queue.append(step.node_name)
    return [ROOT, *(name for name in spec.nodes if name in found and name != ROOT)]


def _timeouts(spec: GraphSpec, notes: Notes) -> dict[str, Any]:
    """The router's time for writing an answer bounds the graph; without a limit of its own, a call may take as long."""
    limits = spec.router_timeouts
    at = ("spec", "routerTimeouts")
    for key, value in (("serverRead", limits.server_read), ("serverIdle", limits.server_idle)):
        if value is not None:
            notes.add((*at, key), "plait's own bounds on slow and idle clients hold instead")
    whole = min(_seconds(_WRITE if limits.server_write is None else limits.server_write), _seconds(spec.timeout))
    call = min(_seconds(limits.service_client), whole)
    if whole == _LONGEST:
        notes.add((*at, "serverWrite"), f"no limit is not to be had; {duration_text(whole)} is taken")
    return {"predictor": {"timeout": duration_text(call)}, "graph": {"timeout": duration_text(whole)}}


def _seconds(value: int | None) -> int:
    return min(value, _LONGEST) if value is not None and value > 0 else _LONGEST
