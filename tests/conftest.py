"""What all tests share: the loop that plait runs on, patience, and which of them talk over sockets."""

from __future__ import annotations

import os
from asyncio import AbstractEventLoop
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop
from hypothesis import settings

# A busy machine must not fail a test by being slow. Where nobody waits, property tests look further.
settings.register_profile("plait", deadline=None, max_examples=60 if os.environ.get("CI") else 12)
settings.load_profile("plait")

# Processes that tests start have no admin port, unless a test is about it: they would all want the same one.
os.environ.setdefault("PLAIT_ADMIN_PORT", "off")

OVER_SOCKETS = {"bad_input", "client", "compositions", "conformance", "control", "proof", "server"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in OVER_SOCKETS:
            item.add_marker(pytest.mark.sockets)


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Callable[[], AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Log lines with half a character cannot be sent from one process to another."""
    report.sections = [(name, text.encode(errors="replace").decode()) for name, text in report.sections]
