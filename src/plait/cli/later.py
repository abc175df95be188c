"""What `plait call --async` asks for, and what it says of the job."""

from __future__ import annotations

import json
import sys

import typer

from plait.cli.printable import printable
from plait.client.wish import LONGEST_WAIT, Wish
from plait.errors import BadRequest, StartError
from plait.spec.fields import seconds


def asking(wait: str | None, key: str | None, notify: str | None, *, later: bool, stream: bool) -> dict[str, str]:
    """The header fields that ask for a job, if one is asked for.

    Raises:
        typer.BadParameter: If an option says nothing that can be asked for.
    """
    if not later:
        for name, given in (("--wait", wait), ("--key", key), ("--notify", notify)):
            if given is not None:
                raise typer.BadParameter("is for --async only", param_hint=name)
        return {}
    if stream:
        raise typer.BadParameter("a job is no stream; its parts come as they end at /jobs/ID/events", param_hint="--stream")
    try:
        fields = Wish.of(_longest(wait), key, notify).fields()
    except BadRequest as exc:
        raise typer.BadParameter(exc.detail) from None
    if key is None:
        del fields["idempotency-key"]  # nothing is sent again here
    return fields


def _longest(wait: str | None) -> float:
    try:
        longest = 0.0 if wait is None else seconds(wait)
    except ValueError as exc:
        raise typer.BadParameter(str(exc), param_hint="--wait") from None
    if longest > LONGEST_WAIT:
        raise typer.BadParameter(f"a proxy waits for {LONGEST_WAIT:.0f} s at most", param_hint="--wait")
    return longest


def show(url: str, body: bytes, *, as_json: bool) -> None:
    """Print a job's id, or all that is told of it, and for people how to look at it.

    Raises:
        StartError: If it is none.
    """
    text = body.decode(errors="replace")
    try:
        job = json.loads(text)["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StartError(f"what answers at {url} is no plait") from None
    print(printable(text) if as_json else printable(str(job)))  # noqa: T201
    if not as_json:
        how = f"look at it with: plait jobs show {job}, or wait for it with: curl -H 'Prefer: wait=60' {url}/jobs/{job}"
        sys.stderr.write(printable(how) + "\n")
