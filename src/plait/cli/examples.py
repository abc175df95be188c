"""Where the examples are: in the package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

import plait
from plait.errors import StartError
from plait.graph.hints import nearest


def example_file(name: str) -> Path:
    """The plait.yaml of an example.

    Raises:
        StartError: If there is no such example.
    """
    package = Path(plait.__file__).parent
    folders = [folder for folder in (package / "examples", package.parents[1] / "examples") if folder.is_dir()]
    for folder in folders:
        file = folder / name / "plait.yaml"
        if file.is_file():
            return file
    known = sorted({file.parent.name for folder in folders for file in folder.glob("*/plait.yaml")})
    raise StartError(f"there is no example {name}; {nearest(name, known)}")
