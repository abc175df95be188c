"""Commands as they are typed, against a fake admin port."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from plait.cli.app import app
from plait.cli.fail import failing
from plait.testing import Asked, Reply, ScriptedServer

NOT_FOUND = Reply({"type": "about:blank", "title": "Not found", "status": 404, "detail": "there is no such thing"}, 404)

Answers = Mapping[str, Any]


def admin(answers: Answers) -> ScriptedServer:
    """An admin port that answers by method and path, `GET /status`; a list's answers come in turn, the last one for good."""
    rest = {route: list(said) if isinstance(said, list) else [said] for route, said in answers.items()}

    def answer(asked: Asked) -> Any:
        said = rest.get(f"{asked.method} {asked.path.partition('?')[0]}", [NOT_FOUND])
        found = said.pop(0) if len(said) > 1 else said[0]
        return found(asked) if callable(found) else found

    return ScriptedServer(answer)


async def typed(*arguments: str) -> int:
    """Run a command in this process; its exit code."""
    try:
        await asyncio.to_thread(_run, arguments)
    except SystemExit as exc:
        return int(exc.code or 0)
    raise AssertionError("a command ends by exiting")


def _run(arguments: tuple[str, ...]) -> None:
    with failing():
        app(arguments, prog_name="plait")


def problem(status: int, detail: str, **more: Any) -> Reply:
    """A refusal of the admin port."""
    return Reply({"type": "about:blank", "title": "Refused", "status": status, "detail": detail, **more}, status)
