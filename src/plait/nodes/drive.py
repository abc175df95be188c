"""Run a call that is no leaf for a sink, without a task.

A task is begun, woken and ended by one turn of the loop each, some microseconds in all. Here a coroutine begins at once, goes on
when the future that it awaits is done, and tells its sink the moment it ends. Stopping is at once too: nothing has to be awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from plait.errors import Internal, PlaitError, fault
from plait.types import Call, Context, Leaf, Message, Sink, Started


def leaf(call: Call) -> Leaf:
    """The call itself if it is a leaf, else one that drives it."""
    return call if isinstance(call, Leaf) else Driven(call)


@dataclass(frozen=True, slots=True)
class Driven:
    """A call whose coroutine is driven where a sink waits for it."""

    call: Call

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The call's answer, for whoever awaits it."""
        return await self.call(message, ctx)

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The call's answer, for whoever is called back."""
        drive = Drive(self.call(message, ctx), sink, index)  # type: ignore[arg-type] # what a call gives is a coroutine
        drive.go_on()
        return drive


class Drive:
    """A coroutine under way. It may await futures, but nothing that asks for the current task, such as `asyncio.timeout`."""

    __slots__ = ("_awaits", "_coroutine", "_index", "_runs", "_sink", "_stopped")

    def __init__(self, coroutine: Coroutine[Any, Any, Message], sink: Sink, index: int) -> None:
        self._coroutine: Coroutine[Any, Any, Message] | None = coroutine
        self._sink: Sink | None = sink
        self._index = index
        self._awaits: asyncio.Future[Any] | None = None
        self._runs = False
        self._stopped = False

    def go_on(self, done: asyncio.Future[Any] | None = None) -> None:
        """What it awaited is done."""
        if self._coroutine is not None and self._awaits is done:
            self._resume(self._coroutine.send, None)

    def cancel(self) -> None:
        """Stop it, now or as soon as it awaits something; its sink hears nothing more."""
        if self._sink is None:
            return
        self._sink = None
        if self._coroutine is not None and not self._runs:
            self._stop(self._coroutine)

    def _stop(self, coroutine: Coroutine[Any, Any, Message]) -> None:
        self._stopped = True
        if self._awaits is not None:
            self._awaits.remove_done_callback(self.go_on)
        self._resume(coroutine.throw, asyncio.CancelledError())

    def _resume(self, resume: Callable[[Any], Any], value: Any) -> None:
        self._runs = True
        try:
            awaits = resume(value)
        except StopIteration as stop:
            self._end(stop.value, None)
        except PlaitError as exc:
            self._end(None, exc.with_traceback(None))
        except asyncio.CancelledError:
            self._end(None, Internal("a part of this request was stopped from outside"))
        except Exception as exc:  # noqa: BLE001 - whatever it is, the sink must hear of it
            self._end(None, fault(exc))
        else:
            self._wait(awaits)
        finally:
            value = None  # an error that was thrown: its traceback holds this frame

    def _wait(self, awaits: Any) -> None:
        """Go on when a future is done, as a task would (see `asyncio.Future.__await__`), or at the next turn for `sleep(0)`."""
        self._runs = False
        self._awaits = awaits
        if self._sink is None and not self._stopped and self._coroutine is not None:
            self._awaits = None
            self._stop(self._coroutine)
        elif awaits is None:
            asyncio.get_running_loop().call_soon(self.go_on)
        else:
            awaits._asyncio_future_blocking = False  # noqa: SLF001 - the protocol's name
            awaits.add_done_callback(self.go_on)

    def _end(self, message: Message | None, error: PlaitError | None) -> None:
        self._coroutine = self._awaits = None
        sink, self._sink = self._sink, None
        if sink is None:
            return
        if message is not None:
            sink.answered(self._index, message)
        else:
            sink.failed(self._index, error or fault(TypeError("a call has no message to give")))
