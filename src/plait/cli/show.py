"""What a demo shows: the graphs, each graph's answer to its sample, and the lines that repeat it."""

from __future__ import annotations

import asyncio
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.syntax import Syntax

from plait.cli.http import send
from plait.cli.pretty import pretty
from plait.errors import StartError
from plait.graph.explain import explain_text

if TYPE_CHECKING:
    from plait.graph.spec import Config

START_TIMEOUT = 60.0
_POLL = 0.1
_GOOD = 200


class Show:
    """The demo's own part, beside the processes.

    Args:
        config: What runs.
        file: Where it is written.
        url: Where the proxy is.
        keep: Whether it goes on serving after the answers.
    """

    def __init__(self, config: Config, file: Path, url: str, *, keep: bool) -> None:
        self._config = config
        self._file = file
        self._url = url
        self._keep = keep
        self._console = Console(soft_wrap=True, highlight=False)

    async def run(self) -> bool:
        """Show everything; True to keep serving.

        Raises:
            StartError: If the processes do not come up, or a graph does not answer.
        """
        say = self._console.print
        say(f"\n[bold]{self._file}[/bold]\n")
        for name in self._config.graphs:
            say(explain_text(self._config, name) + "\n", markup=False)
        await self._wait()
        for name, spec in self._config.graphs.items():
            if spec.has_sample:
                await self._ask(self._url + self._config.route(name), spec.sample)
        if self._keep:
            say("[bold]plait keeps serving.[/bold] Ctrl-C ends it.\n")
        return self._keep

    async def _wait(self) -> None:
        """Until the proxy and every predictor are well."""
        with self._console.status("starting predictors and proxy"):
            try:
                async with asyncio.timeout(START_TIMEOUT):
                    while not await asyncio.to_thread(self._all_well):  # noqa: ASYNC110 - another process is waited for
                        await asyncio.sleep(_POLL)
            except TimeoutError:
                raise StartError(f"the predictors were not up in {START_TIMEOUT:.0f} s; their own lines above say why") from None

    def _all_well(self) -> bool:
        try:
            reply = send(f"{self._url}/health/all", timeout=5)
        except StartError:
            return False
        answers = json.loads(reply.body) if reply.status == _GOOD else {}
        return bool(answers) and all(answer.get("health") in ("ok", "excluded") for answer in answers.values())

    async def _ask(self, url: str, sample: object) -> None:
        body = json.dumps(sample)
        self._console.print(
            f"$ curl -X POST {url} -H 'Content-Type: application/json' -d {shlex.quote(body)}", style="bold", markup=False
        )
        reply = await asyncio.to_thread(send, url, body.encode())
        text = reply.body.decode(errors="replace")
        if self._console.is_terminal:
            # Wrapped here, because soft wrapping would cut what is highlighted at the screen's width.
            self._console.print(
                Syntax(_pretty(text), "json", theme="ansi_dark", background_color="default", word_wrap=True), soft_wrap=False
            )
        else:
            self._console.print(text, markup=False)
        self._console.print()
        if reply.status != _GOOD:
            raise StartError(f"{url} answered with status {reply.status}")


def _pretty(text: str) -> str:
    try:
        return pretty(json.loads(text))
    except ValueError:
        return text
