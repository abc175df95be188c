"""A graph's answer to who asks in this process: the request of a client, without HTTP around it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from plait import jsontext
from plait.answer import Answer
from plait.errors import BadAnswer, BadRequest, NotFound, PlaitError, Responded, TooLarge, fault
from plait.graph.hints import nearest
from plait.http1.ids import request_id
from plait.http1.messages import Request
from plait.server.answers import part_states
from plait.server.judged import forwarded_fields, wanted_timeout
from plait.spec.fields import FIELD_NAME, FIELD_VALUE
from plait.types import Context, Header, Message, Run

if TYPE_CHECKING:
    from plait.server.generation import Generation
    from plait.types import Leaf


def direct_request(data: Any, headers: Mapping[str, object], limit: int) -> Request:
    """The request of which `data` is the JSON.

    Args:
        data: Any JSON value.
        headers: Header fields; values are written as text.
        limit: Bytes that a body may have.

    Raises:
        BadRequest: If the data is no JSON, or a header field is none.
        TooLarge: If it is over the limit.
    """
    try:
        body = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
        jsontext.validate(body)
    except (TypeError, ValueError, RecursionError) as exc:
        raise BadRequest(f"the data is no JSON: {exc}") from None
    if len(body) > limit:
        raise TooLarge(f"the data is larger than {limit} bytes as JSON")
    fields = {str(name).lower(): str(value) for name, value in headers.items()}
    if not all(re.fullmatch(FIELD_NAME, name) and re.fullmatch(FIELD_VALUE, value) for name, value in fields.items()):
        raise BadRequest("a header field has a name of letters, digits and -, and a value of plain ASCII without line ends")
    return Request("POST", "/", "", Header({name.encode(): value.encode() for name, value in fields.items()}), body)


async def ask(generation: Generation, graph: str, request: Request) -> Answer:
    """The graph's answer to a request.

    Raises:
        PlaitError: If there is none.
    """
    compiled = generation.graphs.get(graph)
    if compiled is None:
        raise NotFound(f"there is no graph {graph}; {nearest(graph, generation.graphs)}")
    clock, headers = generation.clock, request.headers
    message = Message(request.body)
    timeout = wanted_timeout(headers.get(b"x-request-timeout"), compiled.timeout)
    own_id = request_id(headers, "")
    run = Run(message, clock, own_id.encode(), headers, forwarded_fields(headers))
    try:
        if compiled.validate is not None:
            compiled.validate(message)
        answer = await _answered(compiled.call, message, Context(run, clock.now() + timeout))
        return Answer(
            result=_value(answer),
            complete=answer.complete,
            request_id=own_id,
            revision=int(generation.revision),
            parts=part_states(run.parts),
            rules=run.acted or [],
        )
    except PlaitError as exc:
        exc.request_id, exc.parts = own_id, part_states(run.parts)
        raise
    except Exception as exc:
        raise fault(exc) from exc


async def _answered(call: Leaf, message: Message, ctx: Context) -> Message:
    """What the graph answers, or a rule in its place; what that refuses is raised."""
    try:
        return await call(message, ctx)
    except Responded as exc:
        if exc.good:
            return Message(exc.body, complete=exc.complete)
        raise


def _value(answer: Message) -> Any:
    try:
        return answer.value
    except msgspec.DecodeError:
        raise BadAnswer("the answer has a number that Python has not; over HTTP it passes as it is") from None
