"""What the store of jobs keeps: a job, how each of its calls ended, and what is on its way to a sink."""

from __future__ import annotations

from datetime import datetime

import msgspec

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = "queued", "running", "succeeded", "failed", "cancelled"
ENDED = (SUCCEEDED, FAILED, CANCELLED)


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is to be kept.

    Args:
        id: 128 random bits, as 32 hexadecimal digits.
        graph: The graph's name.
        client: Who sent it; empty where clients are not told apart.
        request_id: Its request's.
        revision: The number of the configuration that took it in.
        digest: Of the part of the configuration that it runs on.
        slice: That part, as JSON.
        input: The request's body.
        headers: Its header fields, by lower-case name.
        forwarded: The header lines that every predictor gets.
        priority: `plait.types.JOB` or `DEFERRED`.
        queue: The sink whose queue it stands in, if it does.
        ruled: Whether a rule began it, so that none runs on it.
        notify: The sink that hears of its end, if one does.
        expires: Seconds that it may stand in line.
        key: The client's `Idempotency-Key`, if it gave one.
        body: The digest of what was sent, that tells whether a key is used again for something else.
        most: How many unfinished jobs of its graph there may be.
        begins: Whether it runs at once, so that nobody need write that.
    """

    id: str
    graph: str
    client: str
    request_id: str
    revision: int
    digest: str
    slice: bytes
    input: bytes
    headers: dict[str, str]
    forwarded: str
    priority: int
    queue: str | None = None
    ruled: bool = False
    notify: str | None = None
    expires: float
    key: str | None = None
    body: str = ""
    most: int
    begins: bool = False


class StoredJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it is kept; the fields are those of `NewJob`, and what has become of it.

    Args:
        status: One of the words above.
        owner: Who runs it, if somebody does.
        fence: Of its owner: whoever writes with an older one, writes nothing.
        result: The answer's JSON.
        complete: Whether nothing is missing in it.
        error: Why there is none, as problem+json.
    """

    id: str
    graph: str
    client: str
    request_id: str
    revision: int
    digest: str
    input: bytes
    headers: dict[str, str]
    forwarded: str
    priority: int
    queue: str | None
    ruled: bool
    notify: str | None
    status: str
    owner: str | None
    fence: int
    created: datetime
    begun: datetime | None = None
    finished: datetime | None = None
    result: bytes | None = None
    complete: bool = True
    error: bytes | None = None


class ListedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job as a list has it: the fields are those of `StoredJob`."""

    id: str
    graph: str
    client: str
    request_id: str
    revision: int
    queue: str | None
    status: str
    owner: str | None
    created: datetime
    begun: datetime | None
    finished: datetime | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs are to be listed.

    Args:
        graph: Only those of this graph.
        status: Only those with one of these words.
        queue: Only those in this queue.
        before: Only those older than the job with this id.
        limit: How many at most.
    """

    graph: str | None = None
    status: tuple[str, ...] = ()
    queue: str | None = None
    before: str | None = None
    limit: int = 100


class StoredPart(msgspec.Struct, frozen=True, kw_only=True):
    """How one call of a job ended; the fields are those of `plait.events.Part`.

    Args:
        seq: Its place among the parts of the job, from 1; 0 for one that is not kept yet.
        item: Which item of a `map` it is of.
        output: The answer's JSON, if there was one.
        complete: Whether nothing was missing in that.
        failure: What is needed to raise the same error again, as JSON, if there was none.
    """

    seq: int = 0
    key: str
    node: str
    predictor: str
    status: str
    code: int | None
    seconds: float
    attempts: int
    endpoint: str
    error: str
    item: str = ""
    output: bytes | None = None
    complete: bool = True
    failure: bytes | None = None


class Added(msgspec.Struct, frozen=True):
    """What became of a new job: the id of it or, where the key was known, of the one before; its fence where it is new.

    `at` is when it was taken in, by the store's clock.
    """

    id: str
    created: bool
    fence: int = 0
    at: datetime | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a job, written once."""

    status: str
    result: bytes | None = None
    complete: bool = True
    error: bytes | None = None


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """What a sink is to be sent; the same `id` is sent once, however often it is added.

    Args:
        id: Of the message.
        sink: The sink's name.
        payload: JSON.
        job: The job that it belongs to, if it does.
    """

    id: str
    sink: str
    payload: bytes
    job: str | None = None


class StoredOutgoing(msgspec.Struct, frozen=True, kw_only=True):
    """What is on its way to a sink, claimed by this process.

    Args:
        attempts: How often it was tried.
        created: When it was promised.
        fence: Of the claim.
    """

    id: str
    sink: str
    payload: bytes
    job: str | None
    attempts: int
    created: datetime
    fence: int
