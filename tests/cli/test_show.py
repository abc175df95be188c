"""When a demo is ready to be shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from plait.cli.show import Show
from plait.graph.spec import Config
from plait.testing import RawServer
from plait.testing.server import ok


@pytest.mark.parametrize(
    ("health", "well"),
    [
        (b'{"a":{"health":"ok"},"b":{"health":"excluded"}}', True),
        (b'{"a":{"health":"ok"},"b":{"health":"unreachable"}}', False),
        (b"{}", False),
    ],
)
async def test_all_are_well_if_each_is_or_was_taken_out(health: bytes, *, well: bool) -> None:
    async with RawServer(ok(health)) as server:
        show = Show(Config(), Path("plait.yaml"), server.url, keep=False)
        assert await asyncio.to_thread(show._all_well) is well
