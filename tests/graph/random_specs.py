"""Random configurations of every kind, option and merge, as specs: what a file may say, whether or not it makes sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from plait.graph.spec import Config
from plait.nodes.merges import BY_EXPRESSION, WHOLE
from plait.nodes.node import NodeSpec
from plait.nodes.union import BY_KEY, own_fields
from plait.spec.fields import duration_text

NAMES = st.sampled_from("a b setosa y n on no off yes e3 x_y".split())
MISREAD = (
    "on off yes no y n true false null ~ True NULL 1e3 1_000 0x1f 0o7 0b1 1:30 12 1.5 .5 .inf .nan -1 +1 = << 2026-11-23 "
    "2026-11-23T10:00:00Z"
).split()
ODD = ["a" * 2000, " ", " a", "a ", "a: b", "a #b", "- a", "? a", "--- a", "$${x}", "${input.a}"]
ODD += r"""' " \ \n { [ {a [a %a @a `a !a &a *a | > --- ...""".split()
ODD += ["", "\ta", "a\nb", "\n", "é", "😀", "\x00", "\x07", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\uffff"]
TEXTS = st.sampled_from(MISREAD + ODD) | st.text(max_size=8).filter(lambda text: "${" not in text)
REAL = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([1e30, 1e-7, -0.0, 1.0])
NUMBERS = st.integers(-(1 << 63), (1 << 64) - 1) | REAL
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


CAUSES = st.sampled_from(["connect", "timeout", "broken", 429, 503])
OPTIONS = {
    "name": NAMES,
    "timeout": DURATIONS,
    "input": JSON,
    "optional": st.booleans(),
    "when": TEXTS,
    "on_error": st.just("skip"),
    "retry": st.fixed_dictionaries({}, optional={"attempts": st.integers(1, 10), "on": st.lists(CAUSES, max_size=3)}),
    "hedge": st.fixed_dictionaries({}, optional={"after": st.just("p95") | DURATIONS}),
    "cache": st.fixed_dictionaries({"ttl": DURATIONS}, optional={"key": TEXTS, "size": SIZES}),
}
FUNCTIONS = st.sampled_from(["rules:grade", "a.b.c:D.e", "_x:y1"])
COUNTS = st.integers(1, 9)
ITEMS = st.sampled_from(["all", "any"]) | COUNTS
SHARES = st.decimals(0, 100, places=9).map("{:f}%".format) | st.sampled_from(["10%", "0.5%", "100%", "0%"])
MERGES = (
    st.sampled_from(WHOLE)
    | st.sampled_from(sorted(BY_EXPRESSION)).flatmap(
        lambda key: st.fixed_dictionaries({key: TEXTS}, optional={"weights": WEIGHTED} if key in ("vote", "mean") else {})
    )
    | st.fixed_dictionaries({"python": FUNCTIONS})
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
THINGS = st.integers(1, 1_000_000) | st.just("unlimited")
TIMES = st.floats(0.01, 60.0).map(lambda value: duration_text(float(f"{value:.6g}")))
SERVERS = some(
    host=TEXTS,
    port=st.integers(0, 65535),
    details=st.booleans(),
    limits=some(
        body=st.integers(1, 5000).map("{}B".format),
        line=st.integers(1, 1024).map("{}KiB".format),
        headers=st.integers(1, 1024).map("{}KiB".format),
        fields=st.integers(1, 10_000),
        connections=st.integers(1, 9),
        connections_per_client=THINGS,
        in_flight=THINGS,
        wait=TIMES,
        header_timeout=TIMES,
        body_timeout=TIMES,
        body_rate=st.just("2KiB"),
        idle_timeout=TIMES,
        write_timeout=TIMES,
        drain_timeout=TIMES,
    ),
    access_log=some(to=st.sampled_from(["off", "stdout", "/var/a.log"]), sample=SHARES, slow=TIMES, lines=THINGS),
)
DEFAULTS = some(predictor=some(timeout=DURATIONS, connect_timeout=DURATIONS), graph=some(timeout=DURATIONS))

Inner = st.SearchStrategy[Any]


def node(required: dict[str, Inner], **more: Inner) -> Inner:
    """A node with these fields, and with some of the options and of `more`."""
    return st.fixed_dictionaries(required, optional={**OPTIONS, **more})


def several(inner: Inner) -> Inner:
    """A few of them."""
    return st.lists(inner, min_size=1, max_size=3)


def cases(inner: Inner) -> Inner:
    """The cases of a switch."""
    return several(st.fixed_dictionaries({"when": TEXTS, "then": inner}) | st.fixed_dictionaries({"else": inner}))


def branches(inner: Inner) -> Inner:
    """The branches of a parallel."""
    return several(inner) | st.dictionaries(NAMES, inner, min_size=1, max_size=3)


KINDS: dict[str, Callable[[Inner], Inner]] = {
    "predict": lambda _: node({"predict": NAMES | TEXTS}),
    "sequence": lambda inner: node({"sequence": several(inner)}),
    "parallel": lambda inner: node({"parallel": branches(inner)}, merge=MERGES, require=REQUIRED),
    "switch": lambda inner: node({"switch": cases(inner)}),
    "split": lambda inner: node({"split": several(st.fixed_dictionaries({"weight": WEIGHTS, "to": inner}))}, key=TEXTS),
    "fallback": lambda inner: node({"fallback": several(inner)}),
    "cascade": lambda inner: node({"cascade": several(inner), "until": TEXTS}),
    "map": lambda inner: node({"map": TEXTS, "do": inner}, concurrency=COUNTS, max_items=COUNTS, require=ITEMS),
    "shadow": lambda inner: node({"shadow": inner, "of": inner}, sample=SHARES),
    "python": lambda _: node({"python": FUNCTIONS}),
    "transform": lambda _: node({"transform": JSON}),
    "value": lambda _: node({"value": JSON}),
}


def of_kind(kind: str, inner: Inner) -> Inner:
    """Nodes of a kind."""
    return KINDS[kind](inner)


NODES: Inner = st.recursive(
    NAMES, lambda inner: st.sampled_from(sorted(KINDS)).flatmap(lambda kind: of_kind(kind, inner)), max_leaves=5
)
GRAPH_OPTIONS: dict[str, Inner] = {
    "route": ROUTES,
    "timeout": DURATIONS,
    "schema": st.dictionaries(TEXTS, JSON, max_size=2),
    "sample": JSON,
    "description": TEXTS,
}


def graphs_of(kind: str) -> Inner:
    """Graphs, as data, whose first node is of a kind."""
    nodes = of_kind(kind, NODES).map(lambda node: {key: value for key, value in node.items() if key != "timeout"})
    # What a kind calls its own is not the graph's.
    options = some(**{key: strategy for key, strategy in GRAPH_OPTIONS.items() if key not in own_fields(BY_KEY[kind])})
    return st.builds(lambda node, options: {**node, **options}, nodes, options)


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
