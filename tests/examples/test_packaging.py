"""What the images copy is enough to install plait, and what is installed can run the demo."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("image", ["Dockerfile.predictor", "Dockerfile.proxy"])
def test_the_image_has_all_that_the_wheel_is_made_of(image: str, tmp_path: Path) -> None:
    lines = (ROOT / "examples" / "iris" / image).read_text().splitlines()
    before = lines[: next(place for place, line in enumerate(lines) if line.startswith("RUN pip install") and line.endswith(" ."))]
    for line in before:
        if line.startswith("COPY "):
            *sources, target = line.removeprefix("COPY ").split()
            for source in sources:
                copied(ROOT / source, tmp_path / "app" / (target if target != "./" else source))
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(tmp_path),
            str(tmp_path / "app"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "plait/cli/app.py",
        "plait/py.typed",
        "plait/examples/iris/plait.yaml",
        "plait/examples/iris/models/setosa.onnx",
    } <= names


def copied(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
