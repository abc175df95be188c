"""Requests for plain code and threads: one at a time, again where that is safe, or as a stream."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Self, TypeVar

from plait.answer import Answer
from plait.client.again import Tries
from plait.client.asked import Asked, Plan
from plait.client.events import Events
from plait.client.heard import Heard, Pieces, failure
from plait.client.part import Part
from plait.client.transport import failures, sent
from plait.errors import PlaitError

if TYPE_CHECKING:
    from httpx2 import Client as Http
    from httpx2 import Response

_T = TypeVar("_T")


def pause(seconds: float) -> None:
    """Let time pass."""
    Event().wait(seconds)


@dataclass(frozen=True, slots=True)
class Calls:
    """What a client asks with.

    Args:
        plan: What all its requests have in common.
        http: Its connections.
        pause: Lets so many seconds pass.
    """

    plan: Plan
    http: Http
    pause: Callable[[float], None] = pause

    def ask(self, asked: Asked, read: Callable[[Heard, Asked], _T]) -> _T:
        """What an answer says.

        Raises:
            PlaitError: If there is none.
        """
        with failures(asked):
            with self.http.stream(**sent(asked)) as response:
                heard = _heard(response, asked)
            return read(heard, asked)

    def surely(self, asked: Asked, read: Callable[[Heard, Asked], _T], *, patient: bool = False) -> _T:
        """The same of what may be asked twice: it is, where the connection breaks, or a proxy is just started again.

        Args:
            asked: The request.
            read: What its answer means.
            patient: See `Tries`.

        Raises:
            PlaitError: If there is no answer all the same.
        """
        tries = Tries(patient=patient)
        while True:
            try:
                return self.ask(asked, read)
            except PlaitError as exc:
                self.pause(tries.pause(exc))


class Stream:
    """The parts of one run, each as it ends; `answer` is there when the loop has ended.

    Args:
        events: What it has told so far.
        parts: Them, while they come.

    Leaving the loop early, or the `with` block around it, ends the run in the proxy too.
    """

    def __init__(self, events: Events, parts: Generator[Part]) -> None:
        self._events = events
        # The generator must not know the stream: then a stream that is dropped closes at once.
        self._parts = parts

    def __enter__(self) -> Self:
        """The stream itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Part:
        """The next part.

        Raises:
            PlaitError: The problem that ends the run, or what cut the stream short.
        """
        return next(self._parts)

    def close(self) -> None:
        """Let go of the run, if it has not ended."""
        self._parts.close()

    @property
    def answer(self) -> Answer:
        """The whole answer.

        Raises:
            RuntimeError: If the stream has not ended, or not well.
        """
        return self._events.known()


def parts_of(http: Http, asked: Asked, events: Events) -> Generator[Part]:
    """The parts of a stream, as its events tell of them.

    Raises:
        PlaitError: The problem that ends it, or what cut it short.
    """
    try:
        with failures(asked):
            with http.stream(**sent(asked)) as response:
                if not Heard(response.status_code, response.headers).streams:
                    raise failure(_heard(response, asked), asked)
                for piece in response.iter_bytes():
                    yield from events.feed(piece)
            events.end()
    except PlaitError:
        # Once the answer is there, how the connection ends no longer matters.
        if events.answer is None:
            raise


def _heard(response: Response, asked: Asked) -> Heard:
    pieces = Pieces(asked)
    for piece in response.iter_bytes():
        pieces.add(piece)
    return Heard(response.status_code, response.headers, pieces.whole())
