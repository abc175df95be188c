"""From bytes to a document, whatever they are written in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Literal

from plait.errors import ConfigError, Problem
from plait.graph import json, toml, yaml
from plait.graph.document import Document
from plait.spec.fields import size_text

Kind = Literal["yaml", "json", "toml"]

LIMIT = 1 << 20
"""Bytes of a file; a ConfigMap of Kubernetes holds no more either."""

_READERS: dict[Kind, Callable[[str, str], Document]] = {"yaml": yaml.read, "json": json.read, "toml": toml.read}
_SUFFIXES: dict[str, Kind] = {".json": "json", ".toml": "toml"}
_BOM = b"\xef\xbb\xbf"


def kind_of(path: PurePath) -> Kind:
    """What a file is written in, by its name: YAML unless that says otherwise."""
    return _SUFFIXES.get(path.suffix.lower(), "yaml")


def parse(text: bytes, kind: Kind, source: str) -> Document:
    """What a text says, with the place of everything in it.

    Args:
        text: At most 1 MiB of UTF-8; a byte order mark is passed over.
        kind: What it is written in.
        source: What it is called in problems.

    Raises:
        ConfigError: If it cannot be read to its end; what can be read on from is in `Document.problems`.
    """
    if len(text) > LIMIT:
        raise ConfigError([Problem("", f"is larger than {size_text(LIMIT)}", "move data out of the configuration")], source)
    text = text.removeprefix(_BOM)
    try:
        decoded = text.decode()
    except UnicodeDecodeError as exc:
        line = text.count(b"\n", 0, exc.start) + 1
        column = exc.start - text.rfind(b"\n", 0, exc.start)
        raise ConfigError([Problem("", "is not UTF-8", "save it as UTF-8", line, column)], source) from None
    return _READERS[kind](decoded, source)
