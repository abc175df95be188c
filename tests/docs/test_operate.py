"""docs/operate.md says the figures and names of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.cli.done import WAIT
from plait.control import audit, auth, current, token
from plait.control.api import terms
from plait.control.store import open as opening
from plait.control.store import store
from plait.database import lane
from plait.graph.spec import Server
from plait.graph.text import LIMIT
from plait.jobs.store import open as jobs
from plait.jobs.upkeep import LEASE
from plait.server import steward

PAGE = (Path(__file__).parents[2] / "docs" / "operate.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())


@pytest.mark.parametrize("name", [token.NAME, opening.FILE, jobs.FILE, current.NAME, audit.NAME, opening.ID, opening.LOCK])
def test_what_lies_in_the_state_folder_is_told(name: str) -> None:
    folder = PAGE.partition("| in the state folder | what |")[2].partition("\n\n")[0]
    assert f"`{name}`" in folder


@pytest.mark.parametrize(
    "said",
    [
        f"| 127.0.0.1:{Server().admin_port} |",
        f"| `{Server().state}` beside the file",
        f"takes it from the variable `{token.VARIABLE}`",
        f"one of at least {token.SHORTEST} characters",
        f"{auth.BURST} wrong tokens from one address, then one every {auth.EVERY:.0f} s",
        f"it is started again after {steward.FIRST_PAUSE} s, at most {steward.LONGEST_PAUSE:.0f} s",
        f"after {WAIT:.0f} s it names those that do not",
        f"The last {store.KEPT:,} revisions are kept",
        f"too slow ({store.SECONDS:.0f} s)",
        f"full, locked, read-only, gone, too slow ({lane.SECONDS:.0f} s)",
        f"away for more than {LEASE:.0f} s",
        f"202 if some do not after {terms.PATIENCE:.0f} s",
        f"too large ({LIMIT >> 20} MiB)",
        f"rotated at {audit.LARGEST >> 20} MiB",
    ],
)
def test_its_figures_are_those_of_the_code(said: str) -> None:
    assert said in TEXT
