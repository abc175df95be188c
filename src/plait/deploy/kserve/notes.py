"""What is not carried over, said once each and in order."""

from __future__ import annotations

from plait.deploy.kserve.check import NODES
from plait.deploy.kserve.model import GraphSpec, Step
from plait.deploy.kserve.read import Source
from plait.graph.document import path_text
from plait.nodes.link import At

_AUTH = "serving.kserve.io/enable-auth"
_FAILURES = (
    "a predictor that fails: KServe's router passes its status and body on; plait answers 502, 503 or 504, and passes on only "
    "400, 413, 415 and 422 (pass_status), each as problem+json"
)
_HEADERS = (
    "header fields of clients: KServe passes those on that the cluster's inferenceservice-config names, which an InferenceGraph "
    "does not say; name them in forward_headers of the predictors"
)
_SWITCH = "a Switch of which no case holds: 404 from KServe's router, 500 within another node; 422 here"
_CONDITION = "conditions: those that look at more than 256 KiB of JSON are answered with 422 here"
_ENSEMBLE = "an Ensemble's answers that are no objects: 500 from KServe's router; here they are taken"
_RETRY = "not carried over: plait asks again only if a kept connection closed without an answer"
_KUBERNETES = frozenset(
    "resources affinity minReplicas maxReplicas scaleTarget scaleMetric tolerations nodeSelector nodeName "
    "serviceAccountName".split()
)
# Which fields of a step the router looks at, by the type of its node; it ignores the others.
_READ = {
    "Sequence": {"data", "map_predictions_to_instances", "condition", "dependency"},
    "Switch": {"condition"},
    "Ensemble": {"dependency"},
    "Splitter": {"weight"},
}
_RULES = ("data", "map_predictions_to_instances", "weight", "condition", "dependency")


class Notes:
    """The list of what whoever uses the file should know."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}

    def add(self, at: At, text: str) -> None:
        """A note about what stands at a place of the InferenceGraph."""
        # Names may have anything in them, a line's end too; a note is one line of a terminal and of a comment.
        text = "".join(char if char.isprintable() else "�" for char in text)
        self._said[f"{path_text(at)}: {text}" if at else text] = None

    def lines(self) -> list[str]:
        """The notes in order."""
        return list(self._said)


def about_resource(source: Source, notes: Notes) -> None:
    """Note what of the whole resource, and of what stood beside it, is not carried over."""
    graph = source.graph
    for other in source.others:
        notes.add((), f"{other} stands in the same file and was not looked at")
    if graph.metadata.annotations.get(_AUTH, "").lower() == "true":
        notes.add(("metadata", "annotations", _AUTH), "KServe's router lets in only those with a token; plait lets everybody in")
    for key in graph.metadata.annotations:
        if key != _AUTH and not key.startswith("kubectl.kubernetes.io/"):
            notes.add(("metadata", "annotations", key), "not carried over")
    for key in graph.spec.model_extra or ():
        known = "is for Kubernetes" if key in _KUBERNETES else "is not known here"
        notes.add(("spec", key), f"{known}; not carried over")
    if graph.spec.default_retry:
        notes.add(("spec", "defaultRetry"), _RETRY)


def about_steps(spec: GraphSpec, reached: list[str], notes: Notes) -> None:
    """Note what the router itself ignores, nodes that nothing leads to, and retries."""
    for name, node in spec.nodes.items():
        at = (*NODES, name)
        if name not in reached:
            notes.add(at, "no step leads to it; left out")
            continue
        for place, step in enumerate(node.steps):
            for field in _RULES:
                if _is_set(step, field) and field not in _READ[node.router_type]:
                    alias = Step.model_fields[field].alias or field
                    notes.add(
                        (*at, "steps", place, alias), f"KServe's router ignores it in a node of type {node.router_type}; left out"
                    )
            if step.retry:
                notes.add((*at, "steps", place, "retry"), _RETRY)


def about_answers(spec: GraphSpec, reached: list[str], notes: Notes) -> None:
    """Note how answers differ wherever such a graph runs."""
    kinds = {spec.nodes[name].router_type for name in reached}
    conditions = any(step.condition for name in reached for step in spec.nodes[name].steps)
    notes.add((), _FAILURES)
    notes.add((), _HEADERS)
    for holds, text in (("Switch" in kinds, _SWITCH), (conditions, _CONDITION), ("Ensemble" in kinds, _ENSEMBLE)):
        if holds:
            notes.add((), text)


def _is_set(step: Step, field: str) -> bool:
    return bool(getattr(step, field) != Step.model_fields[field].default)
