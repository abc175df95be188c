"""The files that docs/tls.md shows are sound where their certificates are, and the figures in it are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.http1.endpoint import Bounds
from plait.http1.renewed import PAUSE
from plait.server.listener import Deadlines
from tests.certificates import Authority
from tests.docs.pages import File, sections

PAGE = Path(__file__).parents[2] / "docs" / "tls.md"
FILES = [file for file, _, _ in sections(PAGE)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.text.partition(":")[0])
def test_the_files_are_sound(file: File, folder: Path) -> None:
    certs = folder / "certs"
    certs.mkdir()
    authority = Authority(certs)
    assert authority.file == str(certs / "ca.pem")
    for name in ("plait", "server"):
        authority.issue(name=name)
    loaded = file.loaded(folder)
    assert loaded.warnings == []
    tls = [spec.tls for spec in (loaded.config.server, *loaded.config.predictors.values()) if spec.tls]
    assert tls
    assert all(Path(path).parent == certs for each in tls for path in each.files.values())


def test_its_figures_are_those_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"{Deadlines().header:g} s for the handshake" in text
    assert f"at most every {PAUSE:g} s" in text
    assert f"rested for {Bounds().idle:g} s" in text
    assert Bounds().age == 600
