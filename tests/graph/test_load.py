import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import plait
from plait.errors import ConfigError, StartError
from plait.graph.document import path_text
from plait.graph.load import load, load_checked, load_text
from plait.graph.problems import problems_text

# What a line of a bad file must be told about stands behind it: path, message, and part of the hint.
EXPECTED = re.compile(r"#! (?P<path>\S*) \| (?P<message>[^|#]*?) \| (?P<hint>[^#]*?)(?= #!|$)")

SECTIONS = """\
server: {port: "9000", limits: {body: 9}} #! server.port | must be a whole number | take away #! server.limits.body | is no size | -
default: {}                               #! - | unknown key default | did you mean defaults?
root: {}                                  #! - | unknown key root | graphs
defaults:
  predictor: {timeout: 300}               #! defaults.predictor.timeout | a duration needs its unit, such as 300s or 300ms | #! -
  graph:
    timout: 1s                            #! defaults.graph | unknown key timout | did you mean timeout?
"""
PREDICTORS = """\
predictors:
  a: {url: "ftp://x"}                     #! predictors.a.url | is no http URL | write it as http://host:port
  b:                                      #! predictors.b | needs url | add url: "http://host:port"
    timeout: 1s
  c: {url: "http://c", model: 3}          #! predictors.c.model | must be text | put it in quotes
  d: {url: "http://d", enabled: yes}      #! predictors.d.enabled | must be true or false | yes is text
  e: {url: "http://e", header: {}}        #! predictors.e | unknown key header | did you mean headers?
  root: {urll: "http://e"}                #! predictors.root | unknown key urll | did you mean url?
  f: {url: "http://f", protocol: jsom}    #! predictors.f.protocol | must be 'json' | -
  g: {url: "http://g", pass_status: [418, 400]}  #! predictors.g.pass_status[0] | must be 400, 413, 415 or 422 | -
  h: http://h                             #! predictors.h | must be a mapping | -
  i:                                      #! predictors.i | must be a mapping | it is empty
  Bad-One: {url: "http://j"}              #! predictors.Bad-One | is no name | names are lower-case letters
  input: {url: "http://k"}                #! predictors.input | the name input would hide the variable | take another
  l: {url: "http://l", headers: {x: 1}}   #! predictors.l.headers.x | must be text | put it in quotes
  o: {url: "http://o", headers: {X-A: a, x-a: b}}     #! predictors.o.headers | has the field x-a twice | capitals make no
  p: {url: "http://p", headers: {Traceparent: a}}     #! predictors.p.headers | has the field traceparent, | leave it out
  n: {url: "http://n", timeout: 1.5}      #! predictors.n.timeout | a duration needs its unit, such as 1.5s or 1.5ms | -
  m: {url: "http://${env.NOPE}"}          #! predictors.m.url | the environment variable NOPE is not set | set NOPE
"""
GRAPHS = """\
predictors: {a: {url: "http://a"}, b: {url: "http://b"}}
graphs:
  predict:
    parallel: [a, b]
    timeot: 1s                            #! graphs.predict | unknown key timeot | did you mean timeout?
    descripton: x                         #! graphs.predict | unknown key descripton | did you mean description?
  label:
    sequence:
      - parallel: [a, b]
        merge: {argmx: "output.x"}        #! graphs.label.sequence[0].merge | is no merge | did you mean argmax?
        require: some                     #! graphs.label.sequence[0].require | is no requirement | take all, any
        route: /x                         #! graphs.label.sequence[0] | unknown key route | it is an option of graphs
      - tranform: {x: 1}                  #! graphs.label.sequence[1] | does not say what it does | did you mean transform?
      - transform: {x: 1}
        timeout: soon                     #! graphs.label.sequence[2].timeout | is no duration | write it as 250ms
      - 3                                 #! graphs.label.sequence[3] | is no node | write the name of a predictor
      - sequence: [{predict: 1}]          #! graphs.label.sequence[4].sequence[0].predict | must be text | put it in quotes
  alone: {timeout: 1s}                    #! graphs.alone | does not say what it does | it needs one of predict
  two: {predict: a, value: 1}             #! graphs.two | is two nodes in one: predict and value | nest them
  rows: [a]                               #! graphs.rows | is no graph | write the name of a predictor
  empty: {parallel: []}                   #! graphs.empty.parallel | must not be empty | -
  deep:
    parallel:
      one: {predict: a, inptu: 1}         #! graphs.deep.parallel.one | unknown key inptu | did you mean input?
      Two: b                              #! graphs.deep.parallel.Two | is no name | names are
      sequence:
        sequence: [a]
        optionl: true                     #! graphs.deep.parallel.sequence | unknown key optionl | did you mean optional?
      parallel: {parallel: {predict: {value: 1, nam: x}}} #! graphs.deep.parallel.parallel.parallel.predict | unknown key nam | name
    merge: {argmax: 1}                    #! graphs.deep.merge.argmax | must be text | put it in quotes
  mixed: {parallel: [a], require: [a, 3]} #! graphs.mixed.require | is no requirement | take all, any
  route: {predict: a, route: nope}        #! graphs.route.route | is no route | write it as
  kept: {predict: a, cache: 10m}          #! graphs.kept.cache | must be a mapping | write {ttl: …}
  sized: {predict: a, cache: {ttl: 1m, sise: 1}} #! graphs.sized.cache | unknown key sise | did you mean size?
  voted: {parallel: [a, b], merge: vote}  #! graphs.voted.merge | is no merge | write {vote: …}
  named: {parallel: [a, b], merge: by-name} #! graphs.named.merge | is no merge | did you mean by_name?
  other: {parallel: [a, b], merge: average} #! graphs.other.merge | is no merge | take one of by_name
  alike: {parallel: a}                    #! graphs.alike.parallel | must be a list or a mapping of branches | write [a]
  one_step: {sequence: a}                 #! graphs.one_step.sequence | must be a list | write [a]
  weighed: {split: {a: 9}}                #! graphs.weighed.split | must be a list | write [{weight: …, to: …}]
  cased: {switch: {"input.x": a}}         #! graphs.cased.switch | must be a list | write [{when: …, then: …}, {else: …}]
  to:
    switch:
      - {when: "input.x", to: a} #! graphs.to.switch[0] | needs then | add then: … #! graphs.to.switch[0] | unknown key to | -
      - {else: {map: x}}                  #! graphs.to.switch[1].else | needs do | add do: …
  copied: {shadow: {map: x}, of: a}       #! graphs.copied.shadow | needs do | add do: …
"""
WHOLE = """\
predictors:
  a: {url: "http://a", timeout: 3}        #! predictors.a.timeout | a duration needs its unit, such as 3s or 3ms | -
  b: {url: "http://b"}
  b: {url: "http://b", x: 1} #! predictors.b | the key b is there twice | first in line 3 #! predictors.b | unknown key x | url
  c: &c {url: "http://c"}                 #! predictors.c | anchors are not allowed | remove &c
  d: {<<: *c, timeout: 1s} #! predictors.d.<< | merge keys are not allowed | write #! predictors.d.<< | aliases are not | write
graphs:
  one: {parallel: [a, b, e]}              #! graphs.one.parallel[2] | there is no predictor or graph e | -
  two: {sequence: [a, three]}             #! graphs.two | asks itself: two → three → two | break the cycle
  three: two
  four:
    transform: {x: "${inpt.x}"}           #! graphs.four.transform.x | column 5: there is no inpt here | -
  five: {parallel: [broken, a]}
  six:
    transform: "${env.NOPE}"              #! graphs.six.transform | the environment variable NOPE is not set | set NOPE
  broken: {parallel: [a], x: 1}           #! graphs.broken | unknown key x | there are
"""


def expected(text: str):
    return [
        (line, *(part if part != "-" else "" for part in (found["path"], found["message"], found["hint"].strip())))
        for line, content in enumerate(text.splitlines(), 1)
        for found in EXPECTED.finditer(content.replace("| #!", "| - #!"))
        if found["path"] != "-" or found["message"] != "-"
    ]


@pytest.mark.parametrize("text", [SECTIONS, PREDICTORS, GRAPHS, WHOLE], ids=["sections", "predictors", "graphs", "whole"])
def test_every_problem_is_told_at_once_with_path_line_and_advice(text: str):
    with pytest.raises(ConfigError) as caught:
        load_text(text, {})
    found = [(problem.line, problem.path, problem.message, problem.hint) for problem in caught.value.problems]
    wanted = expected(text)
    assert [problem[:2] for problem in found] == [problem[:2] for problem in wanted]
    for (_, _, message, hint), (_, _, wanted_message, wanted_hint) in zip(found, wanted, strict=True):
        assert message.startswith(wanted_message)
        assert wanted_hint in hint


def test_problems_are_lines_for_people():
    with pytest.raises(ConfigError) as caught:
        load_text("graphs:\n  label:\n    sequence:\n      - transform: 1\n        tranform: 2\n", {}, source="iris.yaml")
    assert problems_text(caught.value.problems, caught.value.source) == (
        "iris.yaml:5:9 graphs.label.sequence[0]: unknown key tranform (did you mean transform?)"
    )


def test_a_problem_points_at_the_key_or_the_value_that_is_wrong():
    with pytest.raises(ConfigError) as caught:
        load_text("server: {prt: 1, port: x}", {})
    assert [(problem.column, problem.place) for problem in caught.value.problems] == [(10, ("server",)), (24, ("server", "port"))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "must be a mapping"),
        ("a", "must be a mapping"),
        ("predictors: []", "must be a mapping"),
        ("graphs:\n", "must be a mapping"),
        ("server:\n", "must be a mapping"),
    ],
)
def test_a_file_or_section_that_is_no_mapping_is_one_problem(text: str, message: str):
    with pytest.raises(ConfigError) as caught:
        load_text(text, {})
    assert [problem.message for problem in caught.value.problems] == [message]


def test_an_empty_file_is_all_defaults():
    config = load_text("", {}).config
    assert (config.server.port, config.defaults.graph.timeout, config.predictors, config.graphs) == (9000, 2.0, {}, {})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plait.yaml", 'server: {port: 1}\npredictors: {a: {url: "http://a", timeout: 250ms}}\ngraphs: {predict: a}'),
        (
            "plait.json",
            '{"server": {"port": 1}, "predictors": {"a": {"url": "http://a", "timeout": "250ms"}}, "graphs": {"predict": "a"}}',
        ),
        ("plait.toml", 'graphs.predict = "a"\n[server]\nport = 1\n[predictors.a]\nurl = "http://a"\ntimeout = "250ms"\n'),
    ],
)
def test_the_same_configuration_comes_from_yaml_json_and_toml(tmp_path: Path, name: str, text: str):
    (tmp_path / name).write_text(text)
    config = load_checked(tmp_path / name, {}).config
    assert (config.server.port, config.predictors["a"].timeout, config.route("predict")) == (1, 0.25, "/predict")


def test_paths_of_models_begin_at_the_files_folder(tmp_path: Path):
    path = tmp_path / "conf" / "plait.yaml"
    path.parent.mkdir()
    lines = ['a: {url: "http://a", model: models/a.onnx}', 'b: {url: "http://b", model: /m/b.onnx}', 'c: {url: "http://c"}']
    path.write_text("\n  ".join(["predictors:", *lines]))
    loaded = load(path, {})
    assert {name: spec.model for name, spec in loaded.config.predictors.items()} == {
        "a": str(tmp_path / "conf" / "models" / "a.onnx"),
        "b": "/m/b.onnx",
        "c": None,
    }
    assert loaded.document.data["predictors"]["a"]["model"] == "models/a.onnx"
    assert loaded.folder == path.parent


@pytest.mark.parametrize(
    ("said", "meant"), [("./a.log", "conf/a.log"), ("logs/a.log", "conf/logs/a.log"), ("/a.log", "/a.log"), ("stdout", "stdout")]
)
def test_the_path_of_an_access_log_begins_at_the_files_folder(said: str, meant: str, tmp_path: Path):
    path = tmp_path / "conf" / "plait.yaml"
    path.parent.mkdir()
    path.write_text(f"server: {{access_log: {{to: {said}}}}}")
    to = load(path, {}).config.server.access_log.to
    assert to == (meant if said in ("/a.log", "stdout") else str(tmp_path / meant))


def test_variables_are_replaced_in_the_configuration_and_not_in_the_document():
    text = 'predictors: {a: {url: "http://${env.HOST}:1", headers: {authorization: "${env.KEY}"}}}'
    loaded = load_text(text, {"HOST": "models", "KEY": "secret"})
    predictor = loaded.config.predictors["a"]
    assert (predictor.url, predictor.headers) == ("http://models:1", {"authorization": "secret"})
    assert loaded.document.data["predictors"]["a"]["headers"] == {"authorization": "${env.KEY}"}


@pytest.mark.parametrize("name", ["missing.yaml", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path, name: str):
    with pytest.raises(StartError, match=r"^cannot read [^\n]*$"):
        load(tmp_path / name, {})


def test_the_environment_of_the_process_is_the_default(tmp_path: Path):
    (tmp_path / "plait.yaml").write_text('predictors: {a: {url: "http://a", description: "${env.PATH}"}}')
    assert plait.load(str(tmp_path / "plait.yaml")).config.predictors["a"].description == os.environ["PATH"]


def test_nodes_as_deep_as_a_file_may_be_are_loaded():
    root = "a"
    for _ in range(30):
        root = f"{{sequence: [{root}]}}"
    assert load_text(f'predictors: {{a: {{url: "http://a"}}}}\ngraphs: {{g: {root}}}', {}).config.graphs["g"].root


def test_a_flood_of_problems_ends():
    with pytest.raises(ConfigError) as caught:
        load_text("graphs: {g: {sequence: [" + "null," * 1000 + "]}}", {})
    assert len(caught.value.problems) == 100


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ((), ""),
        (("graphs", "label", "sequence", 1, "transform"), "graphs.label.sequence[1].transform"),
        (("a", "X-User", "a b", "c.d", 0), 'a.X-User["a b"]["c.d"][0]'),
        (("a", "x" * 99), f"a.{'x' * 60}…"),
        (("a\nb",), '["a�b"]'),
        (("a",) * 50, ".".join("a" * 40) + "…"),
    ],
)
def test_paths_are_written_as_people_write_them(at: Any, text: str):
    assert path_text(at) == text


@pytest.mark.parametrize(
    "node", ["{python: plait_test_rules:grade}", "{parallel: [{value: 1, name: a}], merge: {python: plait_test_rules:grade}}"]
)
def test_functions_beside_the_file_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: str):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "plait_test_rules", raising=False)
    (tmp_path / "plait_test_rules.py").write_text("def grade(value, context):\n    return 'good'\n")
    (tmp_path / "plait.yaml").write_text(f"graphs: {{predict: {node}}}")
    assert load_checked(tmp_path / "plait.yaml").warnings == []
    assert sys.path[0] == str(tmp_path)
    before = list(sys.path)
    load_text("graphs: {predict: {value: 1}}", {}, folder=tmp_path / "other")
    assert sys.path == before
