import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import ConfigError
from plait.graph.text import LIMIT, Kind, kind_of, parse

TEXT = st.text(max_size=30).filter(lambda text: text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text))
SCALAR = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUE = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20)


def said(text: str | bytes, kind: Kind):
    try:
        problems = parse(text if isinstance(text, bytes) else text.encode(), kind, "file").problems
    except ConfigError as exc:
        problems = exc.problems
    return [(problem.line, problem.column, problem.path, problem.message) for problem in problems]


@given(VALUE, st.booleans(), st.sampled_from([None, 0, "\t"]))
def test_json_is_read_as_it_was_written(value: Any, ascii_only: Any, indent: Any):
    found = parse(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode(), "json", "file")
    assert (found.data, found.problems) == (value, ())


@given(st.text('{}[]:,"\\ua01-.eE+tn \n', max_size=12))
def test_what_is_no_json_is_refused_and_nothing_else_is(text: str):
    try:
        value = json.loads(text)
    except ValueError:
        assert said(text, "json")
        return
    problems = said(text, "json")
    assert problems or parse(text.encode(), "json", "file").data == value
    assert all(message[3].split(" ")[0] in ("the", "is") for message in problems)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        (" ", 1, 2),
        ("{", 1, 2),
        ("[1,]", 1, 4),
        ('{"a": 1,}', 1, 9),
        ('{"a" 1}', 1, 6),
        ('{"a": 1 "b": 2}', 1, 9),
        ("{a: 1}", 1, 2),
        ("['a']", 1, 2),
        ("[01]", 1, 2),
        ("[1.]", 1, 2),
        ("[.5]", 1, 2),
        ("[+1]", 1, 2),
        ("[NaN]", 1, 2),
        ("[nullx]", 1, 2),
        ("[1]\n\n2", 3, 1),
        ('["a\nb"]', 1, 2),
        ('["\\x"]', 1, 2),
        ('["\\ud800"]', 1, 2),
        ("[1}", 1, 3),
        ("]", 1, 1),
        (",", 1, 1),
        ("// x\n1", 1, 1),
    ],
)
def test_broken_json_is_told_with_its_place(text: str, line: int, column: int):
    ((found_line, found_column, _, message),) = said(text, "json")
    assert (found_line, found_column) == (line, column)
    assert message.startswith("is no JSON: ")


def test_json_has_places_and_refuses_a_name_twice():
    document = parse(b'{\n\t"a": {"b": [1,\n\t\t2]},\n "a": 3, "c": 1e999}', "json", "plait.json")
    assert document.place(("a", "b", 1)) == (3, 3)
    assert document.key_place(("a",)) == (4, 2)
    assert [(problem.line, problem.path, problem.message) for problem in document.problems] == [
        (4, "a", "the key a is there twice"),
        (4, "c", "is no finite number"),
    ]


TOML = """\
[server]
port = 9000

[predictors.a]
url = "http://a"
headers."x.y" = "1"

[[graphs.g.sequence]]
predict = "a"
[[graphs.g.sequence]]
  predict = [
    1,
    2]
"""


def test_toml_has_the_places_of_its_tables_and_keys():
    document = parse(TOML.encode(), "toml", "plait.toml")
    assert document.data["graphs"] == {"g": {"sequence": [{"predict": "a"}, {"predict": [1, 2]}]}}
    places = {
        ("server",): 1, ("server", "port"): 2, ("predictors", "a", "url"): 5, ("predictors", "a", "headers", "x.y"): 6,
        ("graphs", "g", "sequence", 0, "predict"): 9, ("graphs", "g", "sequence", 1): 10,
        ("graphs", "g", "sequence", 1, "predict", 1): 11,
    }  # fmt: skip
    assert {at: document.place(at).line for at in places} == places
    assert document.place(("graphs", "g", "sequence", 1, "predict")).column == 3


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = 1\na = 2", 2, "is no TOML: cannot overwrite a value"),
        ("a = 1\nb = ", 2, "is no TOML: invalid value"),
        ("a = 2020-01-01", 1, "dates and times are no JSON"),
        ("a = inf", 1, "is no finite number"),
        ("a = 99999999999999999999", 1, "is too large for a whole number of 64 bits"),
        ("a = " + "9" * 5000, 0, "is no TOML: a number is too large"),
    ],
)
def test_what_is_no_toml_or_no_json_value_is_refused(text: str, line: int, message: str):
    assert [(found[0], found[3]) for found in said(text, "toml")] == [(line, message)]


@pytest.mark.parametrize("text", ["x = {" + " 'a' . \"b\"." * 50_000 + "a = 1}", "[" + "a." * 65 + "a]"])
def test_long_dotted_keys_are_refused_as_depth(text: str):
    assert [found[3] for found in said(text, "toml")] == ["is nested more than 64 deep"]


@pytest.mark.parametrize(
    "text",
    [
        "a = [" + "1.5," * 10_000 + "]",
        "".join(f"k{number} = 1\n" for number in range(16_000)),
        "[[a]]\n" * 10_000,
        "".join(f"[a.b{number}.c.d]\n" for number in range(5_000)),
    ],
)
def test_toml_that_its_parser_would_take_long_for_is_refused_before(text: str):
    assert said(text, "toml") == [(0, 0, "", "has more than 15,000 keys, items and dots")]


@pytest.mark.parametrize("text", ['"""{}\n"""', "'''{}\n'''", '"{}"', "'{}'", "1 # {}", '"\\\\" # {}', '"\\"{}"', '"""\\"""{}"""'])
def test_what_toml_says_in_texts_and_comments_counts_for_nothing(text: str):
    assert said("a = " + text.replace("{}", "=,[." * 10_000), "toml") == []


def test_a_file_of_the_largest_size_is_read():
    assert parse(b" " * (LIMIT - 2) + b"{}", "yaml", "file").data == {}


@pytest.mark.parametrize(("text", "kind"), [("a: é", "yaml"), ('{"a": "é"}', "json"), ('a = "é"', "toml")])
def test_a_byte_order_mark_is_passed_over(text: str, kind: Kind):
    assert parse(b"\xef\xbb\xbf" + text.encode(), kind, "file").data == {"a": "é"}


@pytest.mark.parametrize("text", [b"a: 1\nb: \xff", b"a: 1\nb: \xed\xa0\x80", b"a: 1\n" + "é".encode("utf-16-le")])
def test_invalid_utf8_is_told_with_its_line(text: bytes):
    ((line, _, _, message),) = said(text, "yaml")
    assert (line, message) == (2, "is not UTF-8")


def test_the_name_of_a_file_says_what_it_is_written_in(tmp_path: Path):
    kinds = {name: kind_of(tmp_path / name) for name in ("a.yaml", "a.yml", "a", "a.JSON", "a.toml")}
    assert kinds == {"a.yaml": "yaml", "a.yml": "yaml", "a": "yaml", "a.JSON": "json", "a.toml": "toml"}
