import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder from which modules may be imported; they are forgotten afterwards."""
    path = list(sys.path)
    yield tmp_path
    sys.path[:] = path
    for module in tmp_path.glob("*.py"):
        sys.modules.pop(module.stem, None)
