from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.control.difference import LONGEST, MOST, difference, same

KEYS = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 2.0]) | st.sampled_from(["", "x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
FILES = st.dictionaries(KEYS, VALUES, max_size=3)


def apply(old: dict[str, Any], changes: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """The changes made in a copy; paths are simple here."""
    new: Any = {"": _copy(old)}
    for change in changes:
        *way, last = [
            "",
            *(
                int(word) if word.isdigit() else word
                for word in change["path"].replace("[", ".").replace("]", "").split(".")
                if word
            ),
        ]
        at = new
        for step in way:
            at = at[step]
        if change["change"] == "removed":
            del at[last]
        elif isinstance(at[last] if change["change"] == "changed" else None, dict) and isinstance(change["to"], list):
            at[last] = _in_order(at[last], change)
        else:
            at[last] = change["to"]
    return new[""]  # type: ignore[no-any-return]


def _in_order(value: dict[str, Any], change: dict[str, Any]) -> Any:
    """A mapping whose keys are in another order, unless a list came in its place."""
    if change["from"] == [key for key in value if key in change["from"]] and set(change["from"]) == set(change["to"]):
        return {key: value[key] for key in change["to"]}
    return change["to"]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(member) for key, member in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


@given(FILES, FILES)
def test_the_old_with_its_changes_is_the_new(old: dict[str, Any], new: dict[str, Any]):
    assert apply(old, difference(old, new)) == new


@given(FILES, FILES)
def test_only_what_is_the_same_has_no_changes(old: dict[str, Any], new: dict[str, Any]):
    assert (difference(old, new) == ()) == same(old, new)
    assert difference(old, old) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"a": 1}, [("a", "added", None, 1)]),
        ({"a": 1}, {}, [("a", "removed", 1, None)]),
        ({"a": 1}, {"a": 1.0}, [("a", "changed", 1, 1.0)]),
        ({"a": 1}, {"a": True}, [("a", "changed", 1, True)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "b": 1}}, [("a", "changed", ["b", "c"], ["c", "b"])]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, [("a[1].b", "changed", 2, 3)]),
        ({"a": [1, 2]}, {"a": [1]}, [("a", "changed", [1, 2], [1])]),
        ({"a": {"b": 1}}, {"a": [1]}, [("a", "changed", {"b": 1}, [1])]),
        ({"a": None}, {}, [("a", "removed", None, None)]),
    ],
)
def test_each_change_has_its_path(old: dict[str, Any], new: dict[str, Any], expected: list[tuple[str, str, Any, Any]]):
    assert repr([tuple(change.values()) for change in difference(old, new)]) == repr(expected)


def test_secrets_are_masked_and_a_changed_one_is_a_change():
    old = {"predictors": {"a": {"url": "http://a", "headers": {"authorization": "one"}}}}
    new = {
        "predictors": {"a": {"url": "http://a", "headers": {"authorization": "two"}}},
        "server": {"store": "postgresql://u:hush@h/d"},
    }
    assert difference(old, new) == (
        {"path": "predictors.a.headers.authorization", "change": "changed", "from": "***", "to": "***"},
        {"path": "server", "change": "added", "from": None, "to": {"store": "postgresql://u:***@h/d"}},
    )
    assert difference({}, old)[0]["to"]["a"]["headers"] == {"authorization": "***"}


def test_long_values_and_many_changes_are_cut():
    (change,) = difference({}, {"a": "x" * 10_000})
    assert len(change["to"]) == LONGEST + 1
    changes = difference({}, {f"a{number}": number for number in range(1000)})
    assert len(changes) == MOST + 1
    assert changes[-1]["to"] == f"… and {1000 - MOST} more"
