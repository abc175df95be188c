"""The few types that everything is made of: a message, its context, and the one function type that composes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from plait.clock import Clock
from plait.errors import PlaitError
from plait.events import Acted, Part

if TYPE_CHECKING:
    from asyncio import Future

_UNSET: Any = object()
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Header(dict[bytes, bytes]):
    """Header fields by lower-case name.

    Heads repeat byte for byte, and are the same object then: `accepted_by` is for who has judged these fields, and need not do so
    again, and `conclusion` for what came of it.
    """

    __slots__ = ("accepted_by", "conclusion")

    def __init__(self, fields: Mapping[bytes, bytes] = {}) -> None:
        super().__init__(fields)
        self.accepted_by: object = None
        self.conclusion: Any = None


class Message(msgspec.Struct, eq=False, gc=False):
    """JSON on its way: bytes that are decoded only if somebody looks.

    `raw` must be valid JSON in UTF-8 (see `plait.jsontext`); numbers pass through byte for byte. `complete` is false when something
    that should be in it is missing because it failed. `found` is for whoever searches it, so that nobody need search it again.
    """

    raw: bytes
    complete: bool = True
    found: dict[Any, Any] | None = None
    _value: Any = _UNSET

    @classmethod
    def of(cls, value: Any) -> Message:
        """The message that says `value`, any JSON value."""
        message = cls(_encode(value))
        message._value = value
        return message

    @property
    def value(self) -> Any:
        """The decoded JSON value; shared, so never to be changed.

        Raises:
            msgspec.DecodeError: If a number in it has no value in Python (`1e999`).
        """
        if self._value is _UNSET:
            self._value = _decode(self.raw)
        return self._value

    def incomplete(self) -> Message:
        """The same message, marked as missing something."""
        return self if not self.complete else Message(self.raw, complete=False)

    def __repr__(self) -> str:
        return f"Message({self.raw!r}{'' if self.complete else ', incomplete'})"


SYNC, STREAM, JOB, DEFERRED = range(4)
"""Who goes first where calls wait for a predictor."""


class Recalled(msgspec.Struct, frozen=True):
    """How a call of a predictor ended when this run was made before; it is not made again.

    Args:
        part: As it was recorded, under its whole key.
        error: Why there was no answer, if so.
    """

    part: Part
    error: PlaitError | None = None


class Run:
    """One request's run of one graph: what it was asked, and what has happened so far.

    Args:
        message: The request's body.
        clock: The worker's clock.
        request_id: Sent on to every predictor; 1 to 128 of `A-Za-z0-9._-`.
        headers: The request's header fields, lower-case names.
        forwarded: Header lines (`name: value` and a line end) that every predictor gets, such as `traceparent`.
        subscribers: Who else wants to hear of each part as it ends.

    `priority` is one of `SYNC`, `STREAM`, `JOB`, `DEFERRED`. A run that is, or may become, a job has its id in `job`; `recalled`
    has what is known of its calls from before, by their whole key. `shown` is what expressions see of the headers, once one has
    looked. `acted` has what rules have done, where the graph has rules, and `promised` what of that is not durable yet. `first` is
    the run that goes on while this one makes an answer of the parts so far.
    """

    __slots__ = (
        "acted",
        "clock",
        "first",
        "forwarded",
        "headers",
        "item",
        "job",
        "message",
        "parts",
        "priority",
        "promised",
        "recalled",
        "request_id",
        "shown",
        "subscribers",
    )

    def __init__(
        self,
        message: Message,
        clock: Clock,
        request_id: bytes = b"",
        headers: Mapping[bytes, bytes] | None = None,
        forwarded: bytes = b"",
        subscribers: tuple[Callable[[Part], None], ...] = (),
    ) -> None:
        self.message = message
        self.clock = clock
        self.request_id = request_id
        self.headers = headers or {}
        self.forwarded = forwarded
        self.parts: list[Part] = []
        self.shown: Message | None = None
        self.subscribers = subscribers
        self.item = ""
        self.priority = SYNC
        self.job = ""
        self.recalled: Mapping[str, Recalled] | None = None
        self.acted: list[Acted] | None = None
        self.promised: dict[Future[None], tuple[Acted, str]] | None = None
        self.first: Run | None = None

    def inside(self, message: Message) -> Run:
        """The run of a graph within this one: another request, the same parts."""
        inner = Run(message, self.clock, self.request_id, self.headers, self.forwarded, self.subscribers)
        inner.parts = self.parts
        inner.item = self.item
        return inner.like(self)

    def of_item(self, place: int) -> Run:
        """The run of one item of a `map` within this one: the same request and parts, whose keys say which item."""
        inner = self.inside(self.message)
        inner.item = f"{self.item}.{place}"
        return inner

    def recorded(self, subscriber: Callable[[Part], None]) -> Run:
        """The same run, with a list of its own of the parts that it sees, of which only `subscriber` hears."""
        alone = Run(self.message, self.clock, self.request_id, self.headers, self.forwarded, (subscriber,))
        return alone.like(self)

    def like(self, other: Run) -> Run:
        """The same, as urgent as another, and a part of the same job."""
        self.priority, self.job, self.recalled = other.priority, other.job, other.recalled
        return self

    def emit(self, part: Part) -> None:
        """Record a part that has ended."""
        if self.item:
            part = part.within(self.item)
        self.parts.append(part)
        for subscriber in self.subscribers:
            subscriber(part)


class Context(msgspec.Struct, frozen=True, gc=False):
    """Where a call stands: the run it belongs to, its deadline on the run's clock, the outputs of earlier named steps."""

    run: Run
    deadline: float
    named: dict[str, Message] = {}

    def until(self, moment: float) -> Context:
        """A context whose deadline is no later than `moment`."""
        return self if moment >= self.deadline else Context(self.run, moment, self.named)

    def naming(self, name: str, output: Message) -> Context:
        """A context in which `name` is an earlier step's output."""
        return Context(self.run, self.deadline, {**self.named, name: output})


class Call(Protocol):
    """A node, a predictor and a whole graph are all one of these.

    Raises a `PlaitError` if there is no answer; when cancelled it stops everything that it started.
    """

    def __call__(self, message: Message, ctx: Context, /) -> Awaitable[Message]: ...


class Sink(Protocol):
    """Who waits for a started call: hears exactly once of each index, perhaps before `start` has returned."""

    def answered(self, index: int, message: Message) -> None: ...

    def failed(self, index: int, error: PlaitError) -> None: ...


class Started(Protocol):
    """A call under way."""

    def cancel(self) -> object:
        """Stop it: its sink hears nothing more. A call that has ended ignores this."""


Start = Callable[[Message, Context, Sink, int], Started]
"""Starts a call for a sink, under an index."""


@runtime_checkable
class Leaf(Protocol):  # asked for by `isinstance` while compiling only: the question is slow
    """A call that can also run without a task, by callbacks: a predictor, or a parallel of such."""

    def __call__(self, message: Message, ctx: Context, /) -> Awaitable[Message]: ...

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started: ...
