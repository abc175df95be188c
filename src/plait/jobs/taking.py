"""From what is asked for to a job that can be kept, and from there to one that can run."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from plait.jobs.records import QUEUED, Added, NewJob, StoredJob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.jobs.asked import Asked
    from plait.spec.jobs import JobsSpec

_SECRET = frozenset({"authorization", "cookie"})
"""Header fields that expressions do not see; nor those that begin with `proxy-`."""


def new_job(asked: Asked, job: str, spec: JobsSpec, *, begins: bool) -> NewJob:
    """The job that is to be kept.

    Args:
        asked: What is asked for.
        job: Its id.
        spec: What the file says of jobs.
        begins: Whether it runs at once.
    """
    return NewJob(
        id=job,
        graph=asked.graph,
        client=asked.client,
        request_id=asked.request_id,
        revision=asked.revision,
        digest=asked.slice.digest,
        slice=asked.slice.data,
        input=asked.message.raw,
        headers=kept_headers(asked.headers, asked.slice.forwarded),
        forwarded=asked.forwarded.decode("latin-1"),
        priority=asked.priority,
        queue=asked.queue,
        ruled=asked.ruled,
        notify=asked.notify,
        expires=spec.expire,
        key=asked.key,
        body=blake2b(asked.message.raw, digest_size=16).hexdigest(),
        most=spec.most,
        begins=begins,
    )


def kept_headers(headers: Mapping[bytes, bytes], forwarded: frozenset[str]) -> dict[str, str]:
    """The header fields that are needed later: those that expressions see, and of credentials those that a predictor may see."""
    texts = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
    return {name: value for name, value in texts.items() if name in forwarded or not (name in _SECRET or name.startswith("proxy-"))}


def as_taken(job: NewJob, added: Added) -> StoredJob:
    """A new job as it is kept now."""
    return StoredJob(
        id=job.id,
        graph=job.graph,
        client=job.client,
        request_id=job.request_id,
        revision=job.revision,
        digest=job.digest,
        input=job.input,
        headers=job.headers,
        forwarded=job.forwarded,
        priority=job.priority,
        queue=job.queue,
        ruled=job.ruled,
        notify=job.notify,
        status=QUEUED,
        owner=None,
        fence=added.fence,
        created=added.at or datetime.now(UTC),
    )
