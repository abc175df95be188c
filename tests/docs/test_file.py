"""The files that README.md and docs/file.md show are sound, and no page links to nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plait.nodes.union import BY_KEY as KINDS
from tests.docs.pages import sections

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\]\(([^):#]*)(?:#([^)]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.mark.parametrize("name", ["README.md", "docs/file.md"])
def test_the_file_that_a_page_shows_has_no_problem(name: str, folder: Path) -> None:
    ((file, _, _),) = sections(ROOT / name)
    assert file.loaded(folder).warnings == []


def test_the_tour_shows_every_kind() -> None:
    ((file, _, _),) = sections(ROOT / "docs" / "file.md")
    assert [kind for kind in KINDS if f"{kind}:" not in file.text] == []


def _anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    return {re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(page.read_text("utf-8"))}


@pytest.mark.parametrize(
    "page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda page: str(page.relative_to(ROOT))
)
def test_no_page_links_to_nowhere(page: Path) -> None:
    for path, anchor in _LINK.findall(page.read_text("utf-8")):
        there = page.parent / path if path else page
        assert there.exists(), f"there is no {path}"
        assert not anchor or anchor in _anchors(there), f"there is no {path}#{anchor}"
