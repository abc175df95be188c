"""Random configurations of every kind, option and merge, as specs: what a file may say, whether or not it makes sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from plait.graph.spec import Config
from plait.nodes.merges import BY_EXPRESSION, WHOLE
from plait.nodes.node import NodeSpec
from plait.nodes.union import BY_KEY
from plait.spec.fields import duration_text

NAMES = st.sampled_from("a b setosa y n on no off yes e3 x_y".split())
MISREAD = (
    "on off yes no y n true false null ~ True NULL 1e3 1_000 0x1f 0o7 0b1 1:30 12 1.5 .5 .inf .nan -1 +1 = << 2026-11-23 2026-11-23T10:00:00Z"
).split()
ODD = [
    "",
    " ",
    " a",
    "a ",
    "\ta",
    "a\nb",
    "\n",
    "a: b",
    "a #b",
    "- a",
    "? a",
    "{a",
    "[a",
    "'",
    '"',
    "\\",
    "\\n",
    "%a",
    "@a",
    "`a",
    "!a",
    "&a",
    "*a",
]
ODD += [
    "|",
    ">",
    "---",
    "...",
    "--- a",
    "é",
    "😀",
    "\x00",
    "\x07",
    "\x7f",
    "\x85",
    "\xa0",
    "\u2028",
    "\ufeff",
    "\uffff",
    "$${x}",
    "${input.a}",
    "a" * 2000,
]
TEXTS = st.sampled_from(MISREAD + ODD) | st.text(max_size=8).filter(lambda text: "${" not in text)
NUMBERS = (
    st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e30, 1e-7, -0.0, 1.0])
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
DURATIONS = st.floats(1e-4, 1e5).map(lambda value: duration_text(float(f"{value:.6g}")))
SIZES = st.builds(lambda count, unit: f"{count}{unit}", st.integers(0, 5000), st.sampled_from(["B", "KiB", "MiB", "GiB"]))
WEIGHTS = st.integers(0, 100) | st.floats(0, 1e300)
WEIGHTED = st.dictionaries(NAMES, WEIGHTS, max_size=2)
FIELD_NAMES = st.sampled_from(["X-A", "authorization", "x-on"])
FIELD_VALUES = st.sampled_from(["yes", "1e3", "a b", "Bearer x", "null", "#", "'"])
ROUTES = st.sampled_from(["/a", "/predict/x.y", "/~/1", "/no"])
URLS = st.sampled_from(["http://127.0.0.1:8000", "http://[::1]:1/a", "http://service_x.local/v1/m:predict"])


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with some of these."""
    return st.fixed_dictionaries({}, optional=fields)


OPTIONS = {
    "name": NAMES,
    "timeout": DURATIONS,
    "input": JSON,
    "optional": st.booleans(),
    "when": TEXTS,
    "on_error": st.just("skip"),
}
MERGES = st.sampled_from(WHOLE) | st.sampled_from(sorted(BY_EXPRESSION)).flatmap(
    lambda key: st.fixed_dictionaries({key: TEXTS}, optional={"weights": WEIGHTED} if key in ("vote", "mean") else {})
)
REQUIRED = st.sampled_from(["all", "any"]) | st.integers(1, 9) | st.lists(TEXTS.filter(bool), min_size=1, max_size=2)
PREDICTORS = st.fixed_dictionaries(
    {"url": URLS},
    optional={
        "model": st.sampled_from(["/models/a.onnx", "/on"]),
        "protocol": st.just("json"),
        "path": st.sampled_from(["/a", "/v1/models/m:predict", "/?a=b"]),
        "timeout": DURATIONS,
        "connect_timeout": DURATIONS,
        "headers": st.dictionaries(FIELD_NAMES, FIELD_VALUES, max_size=2),
        "forward_headers": st.lists(FIELD_NAMES, max_size=2),
        "pass_status": st.lists(st.sampled_from([400, 413, 415, 422]), max_size=2),
        "enabled": st.booleans(),
        "description": TEXTS,
    },
)
SERVERS = some(
    host=TEXTS,
    port=st.integers(0, 65535),
    details=st.booleans(),
    limits=some(body=SIZES, line=SIZES, headers=SIZES, fields=st.integers(1, 10_000), connections=st.integers(1, 9)),
)
DEFAULTS = some(predictor=some(timeout=DURATIONS, connect_timeout=DURATIONS), graph=some(timeout=DURATIONS))

Inner = st.SearchStrategy[Any]
KINDS: dict[str, Callable[[Inner], Inner]] = {
    "predict": lambda inner: st.fixed_dictionaries({"predict": NAMES | TEXTS}, optional=OPTIONS),
    "sequence": lambda inner: listed("sequence", inner),
    "parallel": lambda inner: st.fixed_dictionaries(
        {"parallel": st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3)},
        optional={**OPTIONS, "merge": MERGES, "require": REQUIRED},
    ),
    "switch": lambda inner: st.fixed_dictionaries(
        {
            "switch": st.lists(
                st.fixed_dictionaries({"when": TEXTS, "then": inner}) | st.fixed_dictionaries({"else": inner}),
                min_size=1,
                max_size=3,
            )
        },
        optional=OPTIONS,
    ),
    "split": lambda inner: st.fixed_dictionaries(
        {"split": st.lists(st.fixed_dictionaries({"weight": WEIGHTS, "to": inner}), min_size=1, max_size=3)},
        optional={**OPTIONS, "key": TEXTS},
    ),
    "fallback": lambda inner: listed("fallback", inner),
    "cascade": lambda inner: listed("cascade", inner, until=TEXTS),
    "transform": lambda inner: st.fixed_dictionaries({"transform": JSON}, optional=OPTIONS),
    "value": lambda inner: st.fixed_dictionaries({"value": JSON}, optional=OPTIONS),
}


def listed(key: str, inner: Inner, **more: Inner) -> Inner:
    return st.fixed_dictionaries({key: st.lists(inner, min_size=1, max_size=3), **more}, optional=OPTIONS)


def of_kind(kind: str, inner: Inner) -> Inner:
    """Nodes of a kind."""
    return KINDS[kind](inner)


NODES: Inner = st.recursive(
    NAMES, lambda inner: st.sampled_from(sorted(KINDS)).flatmap(lambda kind: of_kind(kind, inner)), max_leaves=5
)
GRAPH_OPTIONS = {
    "route": ROUTES,
    "timeout": DURATIONS,
    "schema": st.dictionaries(TEXTS, JSON, max_size=2),
    "sample": JSON,
    "description": TEXTS,
}


def graphs_of(kind: str) -> Inner:
    """Graphs, as data, whose first node is of a kind."""
    nodes = of_kind(kind, NODES).map(lambda node: {key: value for key, value in node.items() if key != "timeout"})
    return st.builds(lambda node, options: {**node, **options}, nodes, some(**GRAPH_OPTIONS))


def configs(graphs: Inner) -> st.SearchStrategy[Config]:
    """Configurations with such graphs."""
    data = st.fixed_dictionaries(
        {"graphs": st.dictionaries(NAMES, graphs, min_size=1, max_size=2)},
        optional={"server": SERVERS, "defaults": DEFAULTS, "predictors": st.dictionaries(NAMES, PREDICTORS, max_size=2)},
    )
    return data.map(Config.model_validate)


def every_kind_is_there() -> bool:
    """Whether nothing was forgotten here that a file may have."""
    return set(KINDS) == set(BY_KEY) and set(OPTIONS) == set(NodeSpec.model_fields)
