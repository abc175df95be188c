"""The walk of examples/release: what its page shows is what comes out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

RELEASE = Path(__file__).parents[2] / "examples" / "release"
PAGE = (RELEASE / "README.md").read_text()
VARYING = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "TIME"),
    (r"(?m)^(worker \d+) +\d+ +(\d+) .*", r"\1 PID \2 …"),
    (r"\d+\.\d ms", "MS"),
    (r" +", " "),
    (r"(?m) $", ""),
)


def plain(text: str) -> str:
    """A text without what is different each time."""
    for pattern, put in VARYING:
        text = re.sub(pattern, put, text)
    return text


@pytest.mark.parametrize("name", ["plait.yaml", "add.yaml", "half.yaml", "both.yaml"])
def test_the_page_shows_the_files(name: str) -> None:
    assert f"```yaml\n{(RELEASE / name).read_text()}```" in PAGE


@pytest.mark.e2e
@pytest.mark.slow
def test_the_walk_says_what_the_page_shows() -> None:
    done = subprocess.run(
        [sys.executable, str(RELEASE / "walk.py"), "--free"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    shown = "\n".join(re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL))
    assert plain(done.stdout) == plain(shown)
