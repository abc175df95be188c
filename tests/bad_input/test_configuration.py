"""Configurations that are made to hurt are refused at once, with a message, in whatever they are written."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from plait.errors import ConfigError
from plait.graph.load import load, load_text
from plait.graph.text import Kind

LEVELS = 200_000
SECONDS = 0.2
SLOWER = 5
"""How much more a machine may take that is slow, or busy."""


@dataclass(frozen=True)
class Row:
    """A text, and part of what is said to it."""

    kind: Kind
    text: str
    message: str


DEEP = "is nested more than 64 deep"
LEVEL = {
    "lists in YAML": Row("yaml", "[" * LEVELS, DEEP),
    "lists that close in YAML": Row("yaml", "[" * LEVELS + "]" * LEVELS, DEEP),
    "mappings in YAML": Row("yaml", "{a: " * LEVELS, DEEP),
    "lists by dashes in YAML": Row("yaml", "- " * LEVELS, DEEP),
    "mappings by indentation in YAML": Row("yaml", "\n".join(" " * level + "a:" for level in range(1400)), DEEP),
    "keys in YAML": Row("yaml", "? " * LEVELS, "a key must be text"),
    "mixed in YAML": Row("yaml", "[{a: " * LEVELS, DEEP),
    "within a graph in YAML": Row("yaml", "graphs: {predict: " + "{sequence: [" * (LEVELS // 4), DEEP),
    "lists in JSON": Row("json", "[" * LEVELS, DEEP),
    "lists that close in JSON": Row("json", "[" * LEVELS + "]" * LEVELS, DEEP),
    "objects in JSON": Row("json", '{"a":' * LEVELS, DEEP),
    "within a graph in JSON": Row("json", '{"graphs": {"predict": ' + '{"sequence": [' * (LEVELS // 4), DEEP),
    "lists in TOML": Row("toml", "a = " + "[" * LEVELS, "has more than 15,000 keys, items and dots"),
    "lists in short TOML": Row("toml", "a = " + "[" * 10_000, DEEP),
    "inline tables in TOML": Row("toml", "a = " + "{a = " * LEVELS, "has more than 15,000 keys, items and dots"),
    "inline tables in short TOML": Row("toml", "a = " + "{a = " * 5_000, DEEP),
    "dotted keys in TOML": Row("toml", "a." * LEVELS + "a = 1", DEEP),
    "dotted table in TOML": Row("toml", "[" + "a." * LEVELS + "a]", DEEP),
}

NINE = [(new, f"*{old}, " * 9) for old, new in pairwise("abcdefghi")]
ALIAS_BOMB = "a: &a [x, x]\n" + "".join(f"{new}: &{new} [{nine}]\n" for new, nine in NINE)
MERGE_BOMB = "a: &a {x: 1}\n" + "".join(f"{new}: &{new}\n  <<: [{nine}]\n" for new, nine in NINE)
ALIASES = {
    "alias bomb": Row("yaml", ALIAS_BOMB, "aliases are not allowed"),
    "merge bomb": Row("yaml", MERGE_BOMB, "merge keys are not allowed"),
    "alias of itself": Row("yaml", "a: &a [*a]", "aliases are not allowed"),
    "merge of itself": Row("yaml", "a: &a\n  <<: *a", "merge keys are not allowed"),
    "a quarter of a million anchors": Row("yaml", "- &a\n" * 200_000, "anchors are not allowed"),
    "a quarter of a million aliases": Row("yaml", "- *a\n" * 200_000, "aliases are not allowed"),
}  # fmt: skip

TAGS = {
    f"tag {tag}": Row("yaml", f"a: {tag} {value}", "tags are not allowed")
    for tag, value in {
        "!!python/object/apply:os.system": "[exit 1]",
        "!!python/object/new:subprocess.Popen": "[[exit]]",
        "!!python/name:os.system": "''",
        "!!python/module:antigravity": "''",
        "!!python/object:plait.Proxy": "{}",
        "!!python/tuple": "[1]",
        "!!map": "{}",
        "!!str": "x",
        "!!binary": "aGk=",
        "!!set": "{a, b}",
        "!include": "/etc/passwd",
        "!ENV": "${PATH}",
    }.items()
}

TWICE = "is there twice"
DUPLICATES = {
    "key in YAML": Row("yaml", "graphs: {}\ngraphs: {}", TWICE),
    "key further in in YAML": Row("yaml", "graphs:\n  a: {value: 1}\n  a: {value: 2}", TWICE),
    "key in quotes in YAML": Row("yaml", 'graphs: {}\n"graphs": {}', TWICE),
    "key a hundred thousand times in YAML": Row("yaml", "a: 1\n" * 100_000, TWICE),
    "name in JSON": Row("json", '{"graphs": {}, "graphs": {}}', TWICE),
    "name by an escape in JSON": Row("json", '{"graphs": {}, "\\u0067raphs": {}}', TWICE),
    "name a hundred thousand times in JSON": Row("json", "{" + ",".join(['"a":1'] * 100_000) + "}", TWICE),
    "key in TOML": Row("toml", "a = 1\na = 2", "cannot overwrite a value"),
    "table in TOML": Row("toml", "[graphs]\n[graphs]", "cannot declare"),
}

TOO_MANY = "has more than 25,000 values"
TOO_LARGE = "is larger than 1MiB"
LARGE = {
    **{f"100 MB of {kind}": Row(kind, text * (100_000_000 // len(text)), TOO_LARGE) for kind, text in (
        ("yaml", "a: 1\n"), ("json", "[1,1,1],"), ("toml", "a = 1\n")
    )},
    "one byte over 1 MiB": Row("yaml", "#" + "x" * (1 << 20), TOO_LARGE),
    "values in YAML": Row("yaml", "[" + "1," * 500_000 + "]", TOO_MANY),
    "values in JSON": Row("json", "[" + "1," * 500_000 + "1]", TOO_MANY),
    "values in TOML": Row("toml", "a = [" + "1," * 500_000 + "]", "has more than 15,000 keys, items and dots"),
    "tables in TOML": Row("toml", "[[a.b.c.d.e]]\n" * 70_000, "has more than 15,000 keys, items and dots"),
    "texts in TOML": Row("toml", "a = [" + '"",' * 300_000 + "]", "has more than 15,000 keys, items and dots"),
    "a text that does not end in YAML": Row("yaml", 'a: "' + "x" * 1_000_000, "is no YAML"),
    "a text that does not end in JSON": Row("json", '{"a": "' + "x" * 1_000_000, "is no JSON"),
    "a text that does not end in TOML": Row("toml", 'a = "' + "x" * 1_000_000, "is no TOML"),
    "backslashes in JSON": Row("json", '"' + "\\" * 1_000_000, "is no JSON"),
    "a number of a million digits in JSON": Row("json", '{"a": ' + "1" * 1_000_000 + "}", "is too large for a whole number"),
    "a number of a million digits in YAML": Row("yaml", "a: " + "1" * 1_000_000, "is too large for a whole number"),
    "a number of a million digits in TOML": Row("toml", "a = " + "1" * 1_000_000, "a number is too large"),
    "documents in YAML": Row("yaml", "---\n" * 250_000, "has more than one document"),
    "NULs in YAML": Row("yaml", "\0" * 1_000_000, "a control character"),
    "NaN in JSON": Row("json", '{"a": NaN}', "is no JSON"),
}  # fmt: skip

TABLES = {"levels": LEVEL, "aliases": ALIASES, "tags": TAGS, "duplicates": DUPLICATES, "large": LARGE}
ROWS = {f"{line}: {item}": row for line, table in TABLES.items() for item, row in table.items()}


def refused(row: Row) -> tuple[ConfigError, float]:
    """What is said, and the seconds of the processor until then."""
    raw = row.text.encode()
    begin = time.process_time()
    with pytest.raises(ConfigError) as caught:
        load_text(raw, {}, row.kind)
    return caught.value, time.process_time() - begin


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_it_is_refused_with_a_message(row: Row) -> None:
    error, _ = refused(row)
    assert any(row.message in problem.message for problem in error.problems), str(error)[:500]
    assert len(error.problems) <= 100
    assert all(len(line) < 500 for line in str(error).splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_it_is_refused_in_a_fifth_of_a_second(row: Row) -> None:
    assert min(refused(row)[1] for _ in range(3)) < SECONDS * SLOWER


@pytest.mark.parametrize("suffix", ["yaml", "json", "toml"])
def test_of_a_file_of_100_megabytes_no_more_is_read_than_may_be(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"plait.{suffix}"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    begin = time.process_time()
    with pytest.raises(ConfigError, match=TOO_LARGE):
        load(path, {})
    assert time.process_time() - begin < SECONDS


def test_a_tag_builds_nothing(tmp_path: Path) -> None:
    made = tmp_path / "made"
    with pytest.raises(ConfigError):
        load_text(f"a: !!python/object/apply:os.mkdir [{made}]", {})
    assert not made.exists()


@pytest.mark.e2e
def test_the_command_says_so_and_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "plait.yaml"
    path.write_text("[" * LEVELS)
    done = subprocess.run([sys.executable, "-m", "plait", "check", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert DEEP in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
