"""A headless Chromium, driven by the DevTools protocol over a pipe."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any

PATIENCE = 60
NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server", "--hide-scrollbars"),
)
WAIT = """new Promise((resolve) => {
  const look = () => { const found = (() => (%s))(); if (found) { watch.disconnect(); resolve(found); } };
  const watch = new MutationObserver(look);
  watch.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
  look();
})"""


class Tab:
    """A page in the browser; `said` is what its console, and the browser, had to complain about."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.said: list[str] = []

    async def tell(self, method: str, **parameters: Any) -> Any:
        return await self._browser.tell(method, self._session, **parameters)

    async def close(self) -> None:
        await self.tell("Page.close")

    async def go(self, url: str) -> None:
        await self.tell("Page.navigate", url=url)

    async def value(self, script: str) -> Any:
        """What an expression gives, awaited."""
        done = await self.tell("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    async def until(self, script: str) -> Any:
        """Wait until an expression is true of the document; a document that is left meanwhile is waited out."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await self.value(WAIT % script)
                except Gone:
                    continue

    async def shows(self, selector: str, text: str) -> None:
        """Wait until an element that can be seen has this text in it."""
        chosen, wanted = json.dumps(selector), json.dumps(text)
        seen = "each.checkVisibility() && each.textContent.includes"
        await self.until(f"[...document.querySelectorAll({chosen})].some((each) => {seen}({wanted}))")

    async def text(self, selector: str) -> str:
        return str(await self.value(f"document.querySelector({json.dumps(selector)}).textContent"))

    async def click(self, selector: str) -> None:
        await self.until(f"document.querySelector({json.dumps(selector)})?.checkVisibility()")
        await self.value(f"((each) => {{ each.focus(); each.click(); }})(document.querySelector({json.dumps(selector)}))")

    async def type(self, text: str) -> None:
        """Write where the focus is."""
        await self.tell("Input.insertText", text=text)

    async def press(self, key: str, code: int) -> None:
        for kind in ("rawKeyDown", "char", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "char" else {}
            if kind != "char" or text:
                await self.tell("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    async def look(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Be so wide, and by day or by night."""
        await self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.tell("Emulation.setEmulatedMedia", features=[scheme])

    async def picture(self) -> bytes:
        """All of the page, as a PNG: for whoever changes it and wants to see it."""
        taken = await self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(taken["data"])


class Gone(Exception):
    """The document in which something was asked is there no more."""


class Browser:
    """The process's two pipes: commands go in, answers and events come out, each ended by a zero byte."""

    def __init__(self, reader: asyncio.StreamReader, commands: int) -> None:
        self._reader = reader
        self._commands = commands
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.tabs: dict[str, Tab] = {}

    async def tell(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        number = next(self._ids)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        async with asyncio.timeout(PATIENCE):
            return await answer

    async def tab(self) -> Tab:
        target = (await self.tell("Target.createTarget", url="about:blank"))["targetId"]
        session = (await self.tell("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = self.tabs[session] = Tab(self, session)
        for domain in ("Page", "Runtime", "Log"):
            await tab.tell(f"{domain}.enable")
        return tab

    async def read(self) -> None:
        """Take what comes, until the browser ends."""
        while True:
            try:
                message = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            except asyncio.IncompleteReadError:
                return
            if "id" in message:
                self._answered(self._waiting.pop(message["id"]), message)
            elif message.get("sessionId") in self.tabs:
                self._said(self.tabs[message["sessionId"]], message["method"], message["params"])

    def _answered(self, waiting: asyncio.Future[Any], message: dict[str, Any]) -> None:
        if waiting.done():
            return
        error = message.get("error")
        if error is None:
            waiting.set_result(message["result"])
        else:
            waiting.set_exception(Gone(error["message"]))

    def _said(self, tab: Tab, method: str, facts: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            tab.said.append(json.dumps(facts["exceptionDetails"]))
        elif method == "Log.entryAdded" and facts["entry"]["source"] != "network":
            tab.said.append(facts["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and facts["type"] in {"error", "warning", "assert"}:
            tab.said.append(json.dumps(facts["args"]))


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser, which ends with the block and leaves nothing."""
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert program, f"this test needs {' or '.join(NAMES)}: install it, or leave tests of this kind out with -m 'not e2e'"
    (hers, commands), (answers, her_answers) = os.pipe(), os.pipe()
    command = f'exec "$@" 3<&{hers} 4>&{her_answers} {hers}<&- {her_answers}>&-'
    with TemporaryDirectory(ignore_cleanup_errors=True) as room:
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", command, "bash", program, *OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={room}"),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            pass_fds=(hers, her_answers),
            env={**os.environ, "TMPDIR": room},
        )
        os.close(hers)
        os.close(her_answers)
        reader = asyncio.StreamReader(limit=64 << 20)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(answers, "rb"))
        browser = Browser(reader, commands)
        reading = loop.create_task(browser.read())
        try:
            yield browser
        finally:
            process.terminate()
            await process.wait()
            await reading
            transport.close()
            os.close(commands)
