"""What docs/python.md shows works as it says."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from plait.testing import RawServer
from plait.testing.server import ok

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
ANSWERS = (b'{"prediction":[0.1,0.9]}', b'{"prediction":[0.2,0.8]}', b'{"prediction":[0.7,0.3]}')


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


async def run(block: str, names: dict[str, Any]) -> None:
    code = compile(block, str(PAGE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)  # noqa: S307 - our own page
    if inspect.isawaitable(result):
        await result


async def test_every_block_runs_and_prints_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text()
    names: dict[str, Any] = {"__name__": "page"}
    async with AsyncExitStack() as stack:
        for place, answer in enumerate(ANSWERS):
            server = await stack.enter_async_context(RawServer(ok(answer)))
            text = text.replace(f"127.0.0.1:{8000 + place}", f"127.0.0.1:{server.port}")
        for block in blocks(text, "python"):
            await run(block, names)
            app = names.get("app")
            if app is not None:
                stack.push_async_callback(app.__aexit__)
        printed = capsys.readouterr().out
    assert all(block in printed for block in blocks(text, "yaml"))
    assert len(blocks(text, "yaml")) == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}
