from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.control.merge import KEYED, NAMED, apply, delete, put, whole
from plait.errors import ConfigError, NotFound
from plait.graph.text import parse

NAMES = st.sampled_from(["a", "b", "c"])
ENTRIES = st.dictionaries(
    NAMES, st.integers() | st.dictionaries(NAMES, st.none() | st.integers(), max_size=2), min_size=1, max_size=3
)
FILES = st.dictionaries(st.sampled_from([*NAMED, *KEYED]), ENTRIES, max_size=4)
PARTS = st.dictionaries(
    st.sampled_from([*NAMED, *KEYED]), st.dictionaries(NAMES, st.none() | st.integers(), max_size=3), max_size=4
)

OLD = {
    "server": {"port": 1, "limits": {"body": "1KiB"}},
    "predictors": {"a": {"url": "http://a", "timeout": "1s"}, "b": {"url": "http://b"}},
    "graphs": {"predict": "a"},
}


@given(FILES, PARTS)
def test_apply_and_then_the_inverse_restores(old: dict[str, Any], partial: dict[str, Any]):
    inverse = {section: {name: old.get(section, {}).get(name) for name in members} for section, members in partial.items()}
    assert apply(inverse)(apply(partial)(old)) == old


@given(FILES, PARTS)
def test_apply_twice_is_apply(old: dict[str, Any], partial: dict[str, Any]):
    once = apply(partial)(old)
    assert apply(partial)(once) == once


@given(FILES, PARTS)
def test_apply_is_its_entries_one_by_one(old: dict[str, Any], partial: dict[str, Any]):
    single = old
    for section, members in partial.items():
        for name, value in members.items():
            single = apply({section: {name: value}})(single)
    assert apply(partial)(old) == single


@given(FILES, NAMES, st.integers())
def test_put_and_delete_are_apply_of_one(old: dict[str, Any], name: str, value: int):
    assert put("graphs", name, value)(old) == apply({"graphs": {name: value}})(old)
    assert delete("graphs", name)(put("graphs", name, value)(old)) == apply({"graphs": {name: None}})(old)


@given(FILES, FILES)
def test_the_whole_replaces_all(old: dict[str, Any], new: dict[str, Any]):
    assert whole(new)(old) == new


@given(FILES, PARTS)
def test_an_edit_changes_nothing_in_place(old: dict[str, Any], partial: dict[str, Any]):
    before = repr(old)
    apply(partial)(old)
    assert repr(old) == before


def test_each_entry_replaces_that_of_its_name_and_keeps_its_place():
    new = apply({"predictors": {"a": {"url": "http://new"}}, "server": {"port": 2}, "defaults": {"graph": {"timeout": "1s"}}})(OLD)
    assert new == {
        "server": {"port": 2, "limits": {"body": "1KiB"}},
        "predictors": {"a": {"url": "http://new"}, "b": {"url": "http://b"}},
        "graphs": {"predict": "a"},
        "defaults": {"graph": {"timeout": "1s"}},
    }
    assert list(new["predictors"]) == ["a", "b"]


def test_null_removes_and_a_section_that_is_emptied_goes():
    assert apply({"predictors": {"a": None, "nobody": None}, "graphs": {"predict": None}, "sinks": {"x": None}})(OLD) == {
        "server": OLD["server"],
        "predictors": {"b": {"url": "http://b"}},
    }
    assert apply({"predictors": {"a": None}, "graphs": {"predict": None}}).removes == (("predictors", "a"), ("graphs", "predict"))


def test_null_within_an_entry_is_a_value():
    assert apply({"graphs": {"none": {"value": None}}})(OLD)["graphs"]["none"] == {"value": None}


def test_an_unknown_section_is_left_to_the_check():
    assert apply({"predictor": {"a": {}}})(OLD)["predictor"] == {"a": {}}


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("[1]", "", 1),
        ("just text", "", 1),
        ("predictors:\n- a", "predictors", 1),
        ("server: {}\npredictors:", "predictors", 2),
        ("\n\nserver: 3", "server", 3),
    ],
)
def test_what_is_no_partial_file_is_refused_with_its_line(text: str, path: str, line: int):
    with pytest.raises(ConfigError) as raised:
        apply(parse(text.encode(), "yaml", "sent"))(OLD)
    assert [(problem.path, problem.line) for problem in raised.value.problems] == [(path, line)]


def test_nothing_at_all_changes_nothing_and_is_no_whole_file_where_there_was_something():
    assert apply(parse(b"", "yaml", "sent"))(OLD) == OLD
    assert whole(parse(b"# nothing", "yaml", "sent"))({}) == {}
    assert whole(parse(b"{}", "yaml", "sent"))(OLD) == {}
    for nothing in (b"", b"# nothing", b"null"):
        with pytest.raises(ConfigError, match="is empty"):
            whole(parse(nothing, "yaml", "sent"))(OLD)
    with pytest.raises(ConfigError):
        whole([])(OLD)


def test_what_is_not_there_is_not_deleted():
    for section in ("graphs", "sinks"):
        with pytest.raises(NotFound):
            delete(section, "nobody")(OLD)


def test_the_places_of_what_was_sent_are_those_of_the_whole():
    document = put("predictors", "a", parse(b"url: x\ntimeout: 1s", "yaml", "sent")).document(OLD)
    assert document.problem(("predictors", "a", "timeout"), "").line == 2
    assert document.problem(("predictors", "a"), "").line == 1
    assert document.problem(("predictors", "b"), "").line == 0
    document = apply(parse(b"nonsense: 1\npredictors:\n  a: {url: x}\nserver:\n  port: 9", "yaml", "sent")).document(OLD)
    places = {
        ("nonsense",): 1,
        ("predictors", "a", "url"): 3,
        ("predictors", "b"): 0,
        ("server", "port"): 5,
        ("server", "host"): 0,
        (): 0,
    }
    assert {at: document.problem(at, "").line for at in places} == places
