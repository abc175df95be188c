import json
import math
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import ConfigError
from plait.graph import yaml

LOADERS = [pyyaml.CSafeLoader, pyyaml.SafeLoader]

# Without the characters that YAML wants escaped, which JSON may leave as they are.
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"), max_size=30)
SCALAR = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUE = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20)

ANY_TEXT = st.text(max_size=30)
TEXTS = st.recursive(ANY_TEXT, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4))


def read(text: str, loader: Any = yaml.LOADER):
    return yaml.read(text, "plait.yaml", loader)


def said(text: str, loader: Any = yaml.LOADER):
    try:
        problems = read(text, loader).problems
    except ConfigError as exc:
        problems = exc.problems
    return [(problem.line, problem.column, problem.path, problem.message) for problem in problems]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("yes", "yes"), ("No", "No"), ("off", "off"), ("y", "y"),
        ("null", None), ("Null", None), ("~", None), ("nULL", "nULL"),
        ("true", True), ("TRUE", True), ("False", False), ("tRue", "tRue"),
        ("0", 0), ("-12", -12), ("+7", 7), ("0777", 777), ("0o17", 15), ("0x1F", 31),
        ("-0x1F", "-0x1F"), ("0b1", "0b1"), ("1_000", "1_000"),
        ("1.", 1.0), (".5", 0.5), ("-1.5e3", -1500.0), ("1e3", 1000.0), ("+.5E-1", 0.05),
        (".", "."), ("1:30", "1:30"), ("2020-01-01", "2020-01-01"),
        ('"1"', "1"), ("'null'", "null"), ("=", "="), ("<<", "<<"), ("${env.X}", "${env.X}"),
        ("|\n  on\n  off\n", "on\noff\n"), (">-\n  1\n  2\n", "1 2"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_the_core_schema(text: str, value: Any, loader: Any):
    found = read(f"a: {text}", loader).data["a"]
    assert (found, type(found)) == (value, type(value))


@given(VALUE)
def test_json_is_read_as_it_was_written(value: Any):
    found = read(json.dumps(value, ensure_ascii=False))
    assert (found.data, found.problems) == (value, ())


@given(TEXTS)
def test_blocks_of_quoted_text_are_read_as_they_were_written(value: Any):
    assert read(pyyaml.safe_dump(value, default_style='"')).data == value


def test_on_is_a_key():
    assert read("on: 1\nyes: 2\n? no\n: 3").data == {"on": 1, "yes": 2, "no": 3}


@pytest.mark.parametrize("text", ["", "# nothing", "---\n", "---\n...\n", "null"])
def test_an_empty_document_is_null(text: str):
    assert read(text).data is None


@pytest.mark.parametrize("loader", LOADERS)
def test_every_key_and_item_has_its_place(loader: Any):
    document = read("a:\n  b: 1\n  c:\n    - x\n    -\n      y: [2, {z: 3}]\n", loader)
    assert document.keys == {
        ("a",): (1, 1), ("a", "b"): (2, 3), ("a", "c"): (3, 3), ("a", "c", 1, "y"): (6, 7), ("a", "c", 1, "y", 1, "z"): (6, 15),
    }  # fmt: skip
    assert document.positions == {
        (): (1, 1),
        ("a",): (1, 1),
        ("a", "b"): (2, 6),
        ("a", "c"): (3, 3),
        ("a", "c", 0): (4, 7),
        ("a", "c", 1): (6, 7),
        ("a", "c", 1, "y"): (6, 7),
        ("a", "c", 1, "y", 0): (6, 11),
        ("a", "c", 1, "y", 1): (6, 14),
        ("a", "c", 1, "y", 1, "z"): (6, 18),
    }


def test_what_is_not_there_is_placed_at_what_is_around_it():
    document = read("a:\n  b: 1")
    assert (document.place(("a", "x", 0)), document.key_place(("q",))) == ((1, 1), (1, 1))


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a: 1\nb: 2\na: 3", [(3, 1, "a", "the key a is there twice")]),
        ("x: {a: 1, 'a': 2}", [(1, 11, "x.a", "the key a is there twice")]),
        ("1: x", [(1, 1, "1", "the key 1 is no text")]),
        ("a: {true: x, ~: y}", [(1, 5, "a.true", "the key true is no text"), (1, 14, 'a["~"]', "the key ~ is no text")]),
        ("? \n: x", [(1, 2, '[""]', "the key (nothing) is no text")]),
        ("a: .nan\nb: -.inf", [(1, 4, "a", "is no finite number"), (2, 4, "b", "is no finite number")]),
        ("a: 1e999", [(1, 4, "a", "is no finite number")]),
        ("- 18446744073709551616", [(1, 3, "[0]", "is too large for a whole number of 64 bits")]),
        ("- " + "9" * 9999, [(1, 3, "[0]", "is too large for a whole number of 64 bits")]),
        ("a: &x 1\nb: *x", [(1, 4, "a", "anchors are not allowed"), (2, 4, "b", "aliases are not allowed")]),
        ("a: &x {}\nb:\n  <<: *x\n  c: 1", [
            (1, 4, "a", "anchors are not allowed"),
            (3, 3, "b.<<", "merge keys are not allowed"),
            (3, 7, "b.<<", "aliases are not allowed"),
        ]),
        ("a: !!str 1\nb: !x [1]", [(1, 4, "a", "tags are not allowed"), (2, 4, "b", "tags are not allowed")]),
        ("a: !!python/object/apply:os.system [x]", [(1, 4, "a", "tags are not allowed")]),
        ("a: 1\n---\nb: 1", [(2, 1, "", "has more than one document")]),
        ("? [a]\n: 1", [(1, 3, "", "a key must be text, not a mapping or list")]),
        ("a: {{ x }}", [(1, 5, "a", "a key must be text, not a mapping or list")]),
        ("*x : 1", [(1, 1, "", "aliases are not allowed")]),
        ("a: \x07", [(1, 4, "", "is no YAML: a control character")]),
    ],
)  # fmt: skip
def test_what_is_more_than_data_is_refused_at_its_place(text: str, problems: list[Any], loader: Any):
    assert said(text, loader) == problems


def test_all_problems_come_at_once_even_before_one_that_ends_the_reading():
    assert [place[:2] for place in said("a: *x\na: !t 1\n2: x\nb: [1")] == [(1, 4), (2, 1), (2, 4), (3, 1), (4, 6)]


@pytest.mark.parametrize(
    ("text", "place", "path", "hint"),
    [
        ("a:\n\tb: 1", (2, 1), "a", "indent with blanks, not tabs"),
        ("s: {u: ${env.X}}", (1, 9), "s", "put text with ${…} in quotes"),
        ("a: b: c", (1, 5), "", "check the indentation"),
        ("a: @x", (1, 4), "a", "put text that begins with @ in quotes"),
        ("a:\n  - [1, 2\nb: 3", (3, 2), "a[0][2]", "see what begins in line 2"),
        ('a: "x', (1, 6), "a", ""),
    ],
)
def test_broken_yaml_is_told_with_place_and_advice(text: str, place: tuple[int, int], path: str, hint: str):
    with pytest.raises(ConfigError) as caught:
        read(text)
    (problem,) = caught.value.problems
    assert problem.message.startswith("is no YAML: ")
    assert (problem.line, problem.column) == place
    assert problem.path == path
    assert hint in problem.hint


def test_64_levels_are_read_and_65_are_not():
    assert read("[" * 64 + "]" * 64).problems == ()
    assert said("[" * 65 + "]" * 65)[0][3] == "is nested more than 64 deep"


@pytest.mark.parametrize("level", ["[", "{a: ", "- ", "? ", "[{a: ", "- ? "])
@pytest.mark.parametrize("loader", LOADERS)
def test_200_000_levels_are_refused_by_either_loader(level: str, loader: Any):
    assert said(level * 200_000, loader)


def test_a_flood_of_problems_or_values_ends():
    assert len(said("- *a\n" * 1000)) == 100
    assert said("[" + "1," * 60_000 + "]")[-1][3] == "has more than 25,000 values"


def test_numbers_that_are_none_are_still_no_text():
    assert math.isinf(read("a: -.INF").data["a"])
