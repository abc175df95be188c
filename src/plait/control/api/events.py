"""What happens, as it happens: Server-Sent Events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from plait.control.api.asked import At
from plait.control.api.described import ASKED, answer, problems
from plait.control.api.refusals import TooManyListeners

if TYPE_CHECKING:
    from plait.control.api.terms import Desk
    from plait.control.bus import Event

STREAM = "text/event-stream"
_encode = msgspec.json.Encoder().encode
_ANSWERS = ASKED | problems(503) | {200: answer("Events, until one side ends it.", {"type": "string"}, STREAM, tagged=False)}

router = APIRouter(tags=["status"])


@router.get("/events", summary="What happens, as it happens", responses=_ANSWERS, response_class=Response)
async def events(at: At) -> Response:
    """`revision`, `excluded`, `included`, `drained`, `worker`, `file`, `store`, `rollback` …; who does not keep up is cut off."""
    if at.bus.full:
        raise TooManyListeners("as many clients listen as may; try again later")
    return StreamingResponse(_lines(at), media_type=STREAM, headers={"X-Accel-Buffering": "no"})


async def _lines(at: Desk) -> AsyncIterator[bytes]:
    with at.bus.listening() as listener:
        yield b": listening\n\n"
        while True:
            event = await listener.next(at.terms.beat)
            if event is not None:
                yield written(event)
            elif listener.cut:
                return
            else:
                yield b": still here\n\n"


def written(event: Event) -> bytes:
    """An event on the wire."""
    return f"id: {event.number}\nevent: {event.kind}\ndata: ".encode() + _encode(event.facts) + b"\n\n"
