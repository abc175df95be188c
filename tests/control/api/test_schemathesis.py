"""The admin API does what its description says: all that this allows is asked, and a good deal of what it does not allow."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from plait.jobs.working import Place
from tests.control.api.fakes import TOKEN, Admin, admin
from tests.control.api.kept import fill
from tests.control.api.serving import served
from tests.jobs.memory import Memory, Tables

CONFIG = Path(__file__).with_name("schemathesis.toml")
LARGE = ["/config", "/apply", "/graphs/{name}"]
"""Whose bodies have so many forms that to write each of them down takes minutes; they are drawn at random only."""

pytestmark = [pytest.mark.slow, pytest.mark.sockets]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Admin]:
    store = Memory(Tables(), "control")
    await fill(store)
    async with admin(tmp_path, drain=0.0, place=Place(store, lambda: True, installed=True)) as found:
        yield found


async def passes(here: Admin, url: str, *options: str) -> None:
    """Have schemathesis ask everything, all checks on; what it remembers stays with the test."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", f"{url}/openapi.json"]
    usual = ("--checks", "all", "--workers", "1", "--header", f"Authorization: Bearer {TOKEN}")
    process = await asyncio.create_subprocess_exec(
        *command, *usual, *options, cwd=here.state, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")


async def test_examples_random_requests_and_chains_of_them_are_answered_as_described(here: Admin):
    async with served(here.app) as url:
        await passes(here, url, "--phases", "examples,fuzzing,stateful")


async def test_each_rule_of_each_schema_is_kept_when_it_is_broken_alone(here: Admin):
    without = [option for path in LARGE for option in ("--exclude-path", path)]
    async with served(here.app) as url:
        await passes(here, url, "--phases", "coverage", *without)
