"""docs/jobs.md: its file is sound, its commands do what it shows, and its figures are those of the code."""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from plait.graph.load import load_text
from plait.jobs.jobs import Place
from plait.server.event_stream import SILENCE
from plait.server.listener import Deadlines
from plait.server.partial import DURABLE
from plait.server.wish import LONGEST_WAIT
from plait.spec.jobs import JobsSpec
from plait.testing import Asked, Reply, ScriptedServer
from tests.docs.pages import sections
from tests.jobs.memory import Memory, Tables
from tests.server.serving import PATIENCE, proxy

PAGE = Path(__file__).parents[2] / "docs" / "jobs.md"
TEXT = PAGE.read_text(encoding="utf-8")
((FILE, _, _),) = sections(PAGE)
COMMANDS = [
    found.groups()
    for block in re.findall(r"^```console\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    for found in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]
SLOW = 0.8
_SHOWN = re.compile(r"\b[0-9a-f]{32}\b")


def predictors(asked: Asked) -> Any:
    """One that answers at once and, at /slow, one that takes its time."""
    return Reply({"y": 2}, after=SLOW) if asked.path.startswith("/slow") else {"y": 1}


async def typed(command: str) -> str:
    """What a shell says to it."""
    process = await asyncio.create_subprocess_exec("/bin/bash", "-c", command, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(PATIENCE):
        out, errors = await process.communicate()
    assert process.returncode == 0, f"{command}\n{errors.decode()}"
    return out.decode().replace("\r", "")


def shows(shown: str, said: str) -> bool:
    """Whether this is what the page shows, which leaves out what stands for `…`."""
    at = 0
    for piece in re.split(r"…|\n", shown):
        at = said.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def test_the_file_is_sound(folder: Path) -> None:
    assert FILE.loaded(folder).warnings == []


@pytest.mark.slow
async def test_the_commands_do_what_the_page_shows() -> None:
    assert len(COMMANDS) > 10
    async with ScriptedServer(predictors) as server:
        text = FILE.text.replace("http://127.0.0.1:8000", f"{server.url}/quick").replace(
            "http://127.0.0.1:8001", f"{server.url}/slow"
        )
        store = Memory(Tables(), "first")
        async with proxy(load_text(text, {}).config, place=Place(store, lambda: True)) as port:
            job = ""
            for command, shown in COMMANDS:
                typing = _SHOWN.sub(job, command).replace("localhost:9000", f"127.0.0.1:{port.port}")
                said = await typed(typing)
                job = (_SHOWN.findall(said.partition("Location: ")[2]) or [job])[0]
                while not shows(_SHOWN.sub(job, shown), said) and not re.search(" -[dX] ", command) and "succeeded" not in said:
                    said = await typed(typing)  # it will come to be
                assert shows(_SHOWN.sub(job, shown), said), f"{command}\n{said}"


@pytest.mark.parametrize(
    "said",
    [
        f"(fractions too, {LONGEST_WAIT:g} at most)",
        f"for {DURABLE * 1000:.0f} ms at most",
        f"the sign of life after {SILENCE:g} s",
        f"`limits.drain_timeout` ({Deadlines().drain:g} s)",
        "`pip install 'plait[jobs]'`",
    ],
)
def test_its_figures_are_those_of_the_code(said: str) -> None:
    assert said in " ".join(TEXT.split())


def test_the_file_shows_the_defaults() -> None:
    assert load_text(FILE.text, {}).config.jobs == JobsSpec()
