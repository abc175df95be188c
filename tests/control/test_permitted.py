from pathlib import Path
from typing import Any

import pytest

from plait.control.permitted import FIXED, kept, not_permitted
from plait.graph.document import Document
from plait.graph.load import load_text, read
from plait.graph.text import parse
from plait.graph.walk import names_code

URL = {"url": "http://a"}


def found(new: Any, old: Any = None, *, allow_local: bool = False) -> list[str]:
    """The paths of what is not permitted."""
    document = new if isinstance(new, Document) else Document("sent", new)
    config = read(document, {}, Path("/folder")).loaded.config
    problems = not_permitted(document, config, old or {}, allow_local=allow_local)
    assert all(problem.message and problem.hint for problem in problems)
    return [problem.path for problem in problems]


def predictor(**more: Any) -> dict[str, Any]:
    return {"predictors": {"a": {**URL, **more}}}


def graph(root: Any) -> dict[str, Any]:
    return {"predictors": {"a": URL, "b": URL}, "graphs": {"g": root}}


CODE = {"python": "m:f"}
LOCAL = {
    "a step": (graph({"sequence": ["a", CODE]}), "graphs.g.sequence[1].python"),
    "a root": (graph(CODE), "graphs.g.python"),
    "a root with options": (graph({**CODE, "timeout": "1s", "description": "x"}), "graphs.g.python"),
    "a branch": (graph({"parallel": {"x": CODE, "y": "a"}}), "graphs.g.parallel.x.python"),
    "a listed branch": (graph({"parallel": ["a", {**CODE, "name": "x"}]}), "graphs.g.parallel[1].python"),
    "a merge": (graph({"parallel": ["a", "b"], "merge": CODE}), "graphs.g.merge.python"),
    "a merge within": (graph({"sequence": [{"parallel": ["a", "b"], "merge": CODE}]}), "graphs.g.sequence[0].merge.python"),
    "a case": (graph({"switch": [{"when": "true", "then": CODE}, {"else": "a"}]}), "graphs.g.switch[0].then.python"),
    "an else": (graph({"switch": [{"when": "true", "then": "a"}, {"else": CODE}]}), "graphs.g.switch[1].else.python"),
    "a share": (graph({"split": [{"weight": 1, "to": CODE}, {"weight": 1, "to": "a"}]}), "graphs.g.split[0].to.python"),
    "a choice": (graph({"fallback": ["a", CODE]}), "graphs.g.fallback[1].python"),
    "a turn": (graph({"cascade": [CODE, "a"], "until": "true"}), "graphs.g.cascade[0].python"),
    "each item": (graph({"map": "request.x", "do": CODE}), "graphs.g.do.python"),
    "a shadow": (graph({"shadow": CODE, "of": "a"}), "graphs.g.shadow.python"),
    "what is shadowed": (graph({"shadow": "a", "of": CODE}), "graphs.g.of.python"),
    "a model": (predictor(model="m.onnx"), "predictors.a.model"),
    "a predictor's code": (predictor(python="m:f"), "predictors.a.python"),
    "an authority": (predictor(tls={"ca": "ca.pem"}), "predictors.a.tls.ca"),
    "a certificate": (predictor(tls={"cert": "cert.pem"}), "predictors.a.tls.cert"),
    "a key": (predictor(tls={"key": "key.pem"}), "predictors.a.tls.key"),
    "the server's certificate": ({"server": {"tls": {"cert": "/etc/passwd"}}}, "server.tls.cert"),
    "a log": ({"server": {"access_log": {"to": "/etc/passwd"}}}, "server.access_log.to"),
    "a variable": (predictor(description="${env.HOME}"), "predictors.a.description"),
    "a variable within": (predictor(headers={"x": "a ${ env.HOME } b"}), "predictors.a.headers.x"),
    "a wrong variable": (predictor(description="${env[HOME]}"), "predictors.a.description"),
    "a variable in a graph": (graph({"value": ["${env.HOME}"]}), "graphs.g.value[0]"),
    "a database": ({"sources": {"s": {"sql": "SQLite:///x.db"}}}, "sources.s.sql"),
    "a folder": ({"sources": {"s": {"files": "/etc"}}}, "sources.s.files"),
    "a folder by URL": ({"sources": {"s": {"files": "file:///etc"}}}, "sources.s.files"),
    "its own allow": ({"sinks": {"s": {"webhook": "http://h", "allow": ["10.0.0.0/8"]}}}, "sinks.s.allow"),
    "a file of a sink": ({"sinks": {"s": {"file": "/etc/cron.d/x"}}}, "sinks.s.file"),
    "a store of jobs": ({"jobs": {"store": "sqlite:///x"}}, "jobs.store"),
}


@pytest.mark.parametrize("name", LOCAL)
def test_what_is_local_is_only_named_by_the_file(name: str):
    new, path = LOCAL[name]
    assert found(new) == [path]
    assert found(new, new) == []
    assert found(new, allow_local=True) == []


@pytest.mark.parametrize("name", LOCAL)
def test_what_the_file_names_may_be_left_out(name: str):
    old, _ = LOCAL[name]
    assert found({}, old) == []


@pytest.mark.parametrize(
    "new",
    [
        predictor(tls={"server_name": "a"}, headers={"x": "$${env.HOME}"}),
        graph({"transform": {"python": "m:f", "model": "x", "x": "${input.env}"}}),
        graph({"value": {"python": "m:f"}}),
        {"server": {"access_log": {"to": "off"}, "port": 80, "admin_port": 1}},
        {"sources": {"s": {"files": "s3://bucket/x"}, "t": {"sql": "postgresql://h/d"}}},
        {"predictors": 3, "graphs": [], "server": "x", "sources": None},
        {"predictors": {"a": 3}, "server": {"tls": 3, "access_log": 4}},
    ],
)
def test_anything_else_is_permitted(new: dict[str, Any]):
    assert found(new) == []


def test_the_same_at_another_place_is_new():
    old = graph({"sequence": [CODE, "a"]})
    assert found(graph({"sequence": ["a", CODE]}), old) == ["graphs.g.sequence[1].python"]
    assert found(graph({"sequence": [{"python": "m:other"}, "a"]}), old) == ["graphs.g.sequence[0].python"]


@pytest.mark.parametrize("beside", [{"headers": {"authorization": "Bearer ${env.TOKEN}"}}, {"path": "/p?x=${env.TOKEN}"}])
def test_a_variable_is_not_sent_to_another_host(beside: dict[str, Any]):
    old, moved = predictor(**beside), {"predictors": {"a": {"url": "http://evil", **beside}}}
    assert [path.partition(".a.")[2].partition(".")[0] for path in found(moved, old)] == list(beside)
    assert found(predictor(timeout="1s", **beside), old) == []
    assert found({"predictors": {"a": {"url": "http://a/v2", **beside}}}, old) == []
    assert found(moved, old, allow_local=True) == []


@pytest.mark.parametrize("allow_local", [False, True])
@pytest.mark.parametrize("key", FIXED)
def test_what_only_the_file_says_is_never_changed(key: str, allow_local: bool):  # noqa: FBT001 - a row of the table
    new, old = {"server": {key: "x"}}, {"server": {key: "y"}}
    for one, other in ((new, old), (new, {}), ({}, old), ({"server": {}}, old)):
        assert found(one, other, allow_local=allow_local) == [f"server.{key}"]
    assert found(new, new, allow_local=allow_local) == []


def test_a_problem_has_the_line_of_what_was_sent():
    document = parse(b"predictors:\n  a:\n    url: http://a\n    model: x\n", "yaml", "sent")
    config = read(document, {}, Path()).loaded.config
    (problem,) = not_permitted(document, config, {}, allow_local=False)
    assert (problem.line, problem.path) == (4, "predictors.a.model")
    assert "allow_local: true" in problem.hint


def test_an_old_configuration_keeps_what_only_the_file_says_as_it_is_now():
    old, now = {"server": {"allow_local": True, "port": 1}, "graphs": {}}, {"server": {"state": "x", "port": 2}}
    assert kept(old, now) == {"server": {"port": 1, "state": "x"}, "graphs": {}}
    assert kept({"graphs": {}}, {"graphs": {"a": 1}}) == {"graphs": {}}
    assert kept({"server": {"allow_local": True}}, {}) == {}
    assert kept(old, old) is old


@pytest.mark.parametrize("name", LOCAL)
def test_whatever_would_be_imported_is_found(name: str):
    new, path = LOCAL[name]
    config = read(Document("sent", new), {}, Path("/folder")).loaded.config
    assert names_code(config) == (path.startswith("graphs.g") and path.endswith("python"))


def test_the_example_of_the_readme_needs_no_permission():
    text = 'predictors: {a: {url: "http://a"}}\ngraphs: {predict: {parallel: [a]}}\n'
    assert found(load_text(text, {}).document) == []
