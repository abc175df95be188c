"""What docs/testing.md shows works as it says."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from plait import testing
from plait.testing.server import ok
from tests.testing.behind import SOON, check_failed, scene

pytestmark = pytest.mark.slow

TEXT = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()
CODE = "".join(re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
TESTS = [node.name for node in ast.parse(CODE).body if getattr(node, "name", "").startswith("test_")]
ROWS = re.findall(r"^\| `([^`]+)` \|[^|]+\| (\d+) `(\w+)`", TEXT, re.MULTILINE)


def example(name: str) -> Callable[..., Any]:
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(CODE, "testing.md", "exec"), names)  # noqa: S102 - our own page
    found: Callable[..., Any] = names[name]
    return found


@pytest.mark.parametrize("name", [name for name in TESTS if f"\ndef {name}" in CODE])
def test_an_example_without_sockets(name: str, tmp_path: Path) -> None:
    found = example(name)
    found(*[tmp_path] * len(inspect.signature(found).parameters))


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("name", [name for name in TESTS if f"\nasync def {name}" in CODE])
def test_an_example_with_sockets(name: str, loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(example(name)())


def fault_of(text: str) -> testing.Fault:
    fault: testing.Fault = eval(text, {**vars(testing), "data": ok(b'"late"')})  # noqa: S307 - our own page
    return fault


@pytest.mark.parametrize(("fault", "status", "part"), ROWS, ids=[row[0] for row in ROWS])
async def test_a_fault_shows_as_the_table_says(fault: str, status: str, part: str) -> None:
    async with scene() as there:
        there.faulty.fault = fault_of(fault)
        answer, _ = await there.ask(1, within=SOON if status == "504" else 10.0)
        if part == "ok":
            assert (answer.status, answer.body) == (200, b"1")
        else:
            check_failed(answer, int(status), part)


async def test_surplus_on_a_connection_that_was_kept_is_an_error_as_the_table_says() -> None:
    assert "on a connection that was kept 502 `error`" in TEXT
    async with scene() as there:
        await there.ask(1)
        there.faulty.fault = fault_of('Garbage(place="after")')
        check_failed((await there.ask(2))[0], 502, "error")


def test_the_table_has_every_fault() -> None:
    faults = {each.__name__ for each in testing.Fault.__subclasses__()} & set(testing.__all__)
    assert {row[0].partition("(")[0] for row in ROWS} == faults
    assert len(ROWS) == TEXT.count("\n| `")
