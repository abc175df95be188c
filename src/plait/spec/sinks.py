"""What a file may say of where results go: one spec for each kind of sink."""

from __future__ import annotations

from difflib import get_close_matches
from ipaddress import ip_network
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Union

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from plait.spec.base import Spec
from plait.spec.bounds import duration_within
from plait.spec.fields import Duration, FieldName, FieldValue, Many, Name

_Time = Annotated[Duration, duration_within(0.05, 60.0)]


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError("is no network; write it as 10.0.0.0/8, 127.0.0.1/32 or fd00::/8") from None
    return text


Network = Annotated[str, AfterValidator(_network)]


class SinkSpec(Spec):
    """What every sink may say."""

    kind: ClassVar[str]
    notify: bool = False
    """Whether clients may have their finished job sent to it (`X-Plait-Notify`)."""
    description: str = ""
    """One line for whoever reads the file."""


class WebhookSink(SinkSpec):
    """POSTs a signed message to a URL, until it is taken."""

    kind: ClassVar[str] = "webhook"

    webhook: str
    """The URL, http or https."""
    secret: str | None = None
    """`whsec_` and a key in Base64, or any text: what messages are signed with (Standard Webhooks); without, they are not."""
    headers: dict[FieldName, FieldValue] = Field(default_factory=dict)
    """Header fields that are added."""
    allow: Many[Network] = ()
    """Networks that it may reach though they are private."""
    timeout: _Time = 10.0
    """How long one attempt may take."""


class LogSink(SinkSpec):
    """Writes a line to plait's own log."""

    kind: ClassVar[str] = "log"

    log: Literal["debug", "info", "warning", "error"]
    """The level."""


class QueueSink(SinkSpec):
    """Runs a graph later, as a durable job, when there is nothing more urgent to do."""

    kind: ClassVar[str] = "queue"

    queue: Literal["low", "normal"]
    """Its priority: `normal` is that of jobs, `low` comes after them."""
    graph: Name
    """The graph that runs on `{request, result, parts}`."""
    rate: Annotated[float, Field(gt=0, le=1_000_000, strict=False)] | None = None
    """Jobs that begin in a second, at most (default: as many as can)."""
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = 4
    """Jobs that run at once."""


class FileSink(SinkSpec):
    """Appends a line of JSON to a file."""

    kind: ClassVar[str] = "file"

    file: Annotated[str, Field(min_length=1)]
    """Its path, from the file's folder on."""


class NatsSink(SinkSpec):
    """Publishes to a stream of NATS JetStream, and knows that it is kept there."""

    kind: ClassVar[str] = "nats"

    nats: str
    """`nats://host:port`, or `tls://…`; several with commas. A user, password or token stands in the URL."""
    subject: Annotated[str, Field(pattern=r"^[^\s.*>]+(\.[^\s.*>]+)*$")]
    """What it publishes under."""
    stream: Annotated[str, Field(pattern=r"^[^\s.*>/\\]+$")] | None = None
    """The stream, which is made where it is missing; by default, the one that takes the subject."""
    allow: Many[Network] = ()
    """Networks that it may reach though they are private."""
    timeout: _Time = 5.0
    """How long one attempt may take."""


KINDS: tuple[type[SinkSpec], ...] = (WebhookSink, LogSink, QueueSink, FileSink, NatsSink)
BY_KEY: dict[str, type[SinkSpec]] = {kind.kind: kind for kind in KINDS}


def _one_kind(value: Any) -> Any:
    if isinstance(value, SinkSpec):
        return value
    kinds = ", ".join(BY_KEY)
    if not isinstance(value, dict):
        raise PydanticCustomError("sink", "is no sink; write a mapping with one of {kinds}", {"kinds": kinds})
    found = [key for key in value if key in BY_KEY]
    if len(found) > 1:
        raise PydanticCustomError("sink", "is two sinks in one: {found}; make two of it", {"found": " and ".join(found)})
    if not found:
        near = next((match for key in value for match in get_close_matches(str(key), BY_KEY, 1)), "")
        hint = f"did you mean {near}?" if near else f"it needs one of {kinds}"
        raise PydanticCustomError("sink", "does not say where it leads; {hint}", {"hint": hint})
    return value


def _tag(value: Any) -> str:
    return value.kind if isinstance(value, SinkSpec) else next(str(key) for key in value if key in BY_KEY)


if TYPE_CHECKING:
    Sink = SinkSpec
else:
    Sink = Annotated[
        Union[tuple(Annotated[kind, Tag(kind.kind)] for kind in KINDS)],  # noqa: UP007 - made from the list
        Discriminator(_tag),
        BeforeValidator(_one_kind),
    ]
