"""Python functions in a graph: found and looked at while loading, called within the deadline."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plait.background import Background
from plait.errors import CodeFailed, Overloaded, PlaitError, TimedOut
from plait.expr import visible_headers
from plait.nodes.ask import LEAST
from plait.nodes.values import carried, is_answer, read, written
from plait.nodes.waiter import Patience
from plait.types import Context, Message

if TYPE_CHECKING:
    from plait.nodes.link import At, Link

AT_ONCE = 64
"""Calls of one function under way at once; a thread cannot be stopped, so those that outlive their deadline count too."""

_log = logging.getLogger("plait")


class PythonContext:
    """What a function may know of the request besides its input; every value is its own, to keep or to change."""

    __slots__ = ("_ctx", "_deadline")

    def __init__(self, ctx: Context, deadline: float) -> None:
        self._ctx = ctx
        self._deadline = deadline

    @property
    def request(self) -> Any:
        """The request's JSON."""
        return read(self._ctx.run.message.raw)

    @property
    def headers(self) -> dict[str, str]:
        """The request's header fields by lower-case name, without credentials."""
        return visible_headers(self._ctx.run)

    @property
    def request_id(self) -> str:
        """The request's id."""
        return self._ctx.run.request_id.decode()

    @property
    def seconds_left(self) -> float:
        """The time until nobody waits for the answer any more."""
        return self._deadline - self._ctx.run.clock.now()

    def step(self, name: str) -> Any:
        """The output of an earlier step; in a `map` also its `item` and `index`.

        Raises:
            KeyError: If there is none of that name.
        """
        return read(self._ctx.named[name].raw)


class NoFunction(Exception):
    """A text names no function that can be called as `function(input, context)`."""


def find(text: str) -> Callable[[Any, PythonContext], Any]:
    """The function that `module:function` names.

    Raises:
        NoFunction: If it cannot be imported, or takes other arguments.
    """
    module, _, path = text.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except (Exception, SystemExit) as exc:
        raise NoFunction(f"cannot be imported: {type(exc).__name__}: {exc}") from exc
    if not callable(found):
        raise NoFunction("is no function")
    with contextlib.suppress(ValueError):  # some built-in functions do not tell
        try:
            inspect.signature(found).bind(None, None)
        except TypeError:
            raise NoFunction("must take two arguments: its input and the context") from None
    return found  # type: ignore[no-any-return]


def bind(text: str, at: At, link: Link, *, grace: float = 0.0) -> Code:
    """The function that stands at a place within a node, bound; `grace` are seconds that it has after the deadline."""
    try:
        function = find(text)
    except NoFunction as exc:
        link.problem(at, f"{text} {exc}", "write module:function; the file's folder is searched first")
        function = _nothing
    link.looks_at_all()
    return Code(function, text, link.path, link.background, inspect.iscoroutinefunction(function), grace)


def _nothing(value: Any, context: PythonContext) -> Any:  # noqa: ARG001 - a graph with problems never runs
    raise AssertionError("a graph with problems was run")


@dataclass(frozen=True, slots=True)
class Code:
    """Answers with what a function gives: a coroutine function on the loop, any other in a thread.

    Args:
        function: Takes the input and the context.
        text: How the file names it.
        path: The node's.
        background: Owns a coroutine that will not end when it is cancelled.
        asynchronous: Whether it is a coroutine function.
        grace: Seconds after the deadline in which it may still answer.
    """

    function: Callable[[Any, PythonContext], Any]
    text: str
    path: str
    background: Background
    asynchronous: bool
    grace: float
    permits: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The function's answer to the input."""
        clock = ctx.run.clock
        deadline = max(ctx.deadline, clock.now() + self.grace)
        if deadline - clock.now() <= LEAST:
            raise TimedOut("no time was left to run it").at(self.path)
        if not self.permits.acquire(blocking=False):
            raise Overloaded(f"{AT_ONCE} calls of {self.text} are under way already").at(self.path)
        context = PythonContext(ctx, deadline)
        work = self._on_loop(message, context) if self.asynchronous else self._in_thread(message, context)
        try:
            return Message(await Patience.until(work, clock, deadline))
        except PlaitError as exc:
            if is_answer(exc):
                raise exc.at(self.path) from None
            raise self._failed(exc) from None
        except Exception as exc:  # noqa: BLE001 - it may raise whatever it likes
            raise self._failed(exc) from None
        finally:
            work.cancel()

    def _failed(self, exc: Exception) -> PlaitError:
        """What the client is told of an exception; the rest is for the log."""
        _log.error("%s failed in %s", self.text, self.path, exc_info=exc)
        return CodeFailed(f"{self.text} failed; the proxy's log says how").at(self.path)

    def _on_loop(self, message: Message, context: PythonContext) -> asyncio.Future[bytes]:
        task = self.background.start(self._awaited(message, context))
        task.add_done_callback(lambda _: self.permits.release())
        return task

    async def _awaited(self, message: Message, context: PythonContext) -> bytes:
        try:
            return written(await self.function(read(message.raw), context))
        except asyncio.CancelledError:
            raise
        except BaseException as exc:  # noqa: BLE001 - sys.exit() in a task would end the loop
            raise carried(exc) from exc.__cause__

    def _in_thread(self, message: Message, context: PythonContext) -> asyncio.Future[bytes]:
        """A thread of its own: one that hangs then holds neither the others nor the end of the process, as a pool's would."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes] = loop.create_future()

        def tell(raw: bytes, error: Exception | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(raw)
            else:
                future.set_exception(error)

        def run() -> None:
            raw, error = b"", None
            try:
                raw = written(self.function(read(message.raw), context))
            except BaseException as exc:  # noqa: BLE001 - whoever waits must hear of it
                error = carried(exc)
            self.permits.release()
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(tell, raw, error)

        try:
            threading.Thread(target=run, name=self.text, daemon=True).start()
        except RuntimeError:
            self.permits.release()
            raise Overloaded(f"the system gives no thread to run {self.text} in").at(self.path) from None
        return future
