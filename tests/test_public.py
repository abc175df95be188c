"""What `import plait` gives."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys
from pathlib import Path

import pytest

import plait

SOURCE = ast.parse(Path(plait.__file__).read_text())


def told_to_type_checkers() -> set[str]:
    imports = [node for node in ast.walk(SOURCE) if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("plait")]
    return {alias.name for node in imports for alias in node.names}


def test_every_public_name_is_there_and_shown_and_told_to_type_checkers():
    public = {*plait._LAZY, *plait._MODULES}
    assert public == told_to_type_checkers()
    assert public <= set(dir(plait))
    assert all(getattr(plait, name) is not None for name in public)


def test_a_star_hides_nothing_of_python():
    assert set(plait.__all__) == {*plait._LAZY, *plait._MODULES, "__version__"} - {"map", "max", "min", "sum"}
    assert not set(plait.__all__) & set(dir(builtins))


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="plait has no attribute nosuch"):
        _ = plait.nosuch  # type: ignore[attr-defined]


def test_no_module_has_the_name_of_a_public_function():
    package = Path(plait.__file__).parent
    assert not {path.stem for path in package.iterdir()} & (set(plait._LAZY) - {"answer"})


def test_importing_plait_imports_nothing_else():
    code = "import sys, plait; print(sorted(name for name in sys.modules if name.startswith(('plait', 'pydantic'))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['plait']\n"
