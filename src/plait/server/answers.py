"""What a client is told of a run: header fields, and the parts as JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from plait.answer import PartState
from plait.errors import Responded
from plait.events import Part
from plait.http1.messages import JSON, Response
from plait.types import Message, Run

ENVELOPE = "application/vnd.plait+json"
RULE = "X-Plait-Rule"
"""Names the rule that has answered in place of the graph."""
TIMED = 64
"""Parts that are named in Server-Timing: a header has bounds."""

_LOOPBACK = re.compile(r"127\.|::1$|::ffff:127\.|$")

_encode = msgspec.json.Encoder().encode


def plain(message: Message, parts: Sequence[Part], request_id: str, revision: str) -> Response:
    """The root node's output as it is, with what happened in the header."""
    return Response(200, message.raw, JSON + _told(message, parts, request_id, revision), None, message.complete, parts)


def responded(error: Responded, parts: Sequence[Part], request_id: str, revision: str) -> Response:
    """What a rule answers in place of the graph."""
    told = _told(Message(error.body, complete=error.complete), parts, request_id, revision)
    head = f"{JSON}{told}{RULE}: {error.rule}\r\n"
    return Response(error.status, error.body, head, None, error.complete, parts, error.code)


def _told(message: Message, parts: Sequence[Part], request_id: str, revision: str) -> str:
    complete = "true" if message.complete else "false"
    timing = f"Server-Timing: {server_timing(parts)}\r\n" if parts else ""
    return f"X-Request-Id: {request_id}\r\nX-Plait-Complete: {complete}\r\nX-Plait-Revision: {revision}\r\n{timing}"


def server_timing(parts: Sequence[Part]) -> str:
    """One entry per part: `versicolor;dur=31.2;desc="timeout"`."""
    return ", ".join(
        [
            f"{part.key};dur={part.seconds * 1000:.1f}"
            if part.status == "ok"
            else f'{part.key};dur={part.seconds * 1000:.1f};desc="{part.status}"'
            for part in parts[:TIMED]
        ]
    )


def envelope(outcome: Message | Responded, run: Run, request_id: str, revision: str, *, details: bool) -> Response:
    """The output, or what a rule answers in its place, with the state of every part around it."""
    if isinstance(outcome, Responded):
        message, status = Message(outcome.body, complete=outcome.complete), outcome.status
        rule = f"{RULE}: {outcome.rule}\r\n"
    else:
        message, status, rule = outcome, 200, ""
    said = {
        "complete": message.complete,
        "result": msgspec.Raw(message.raw),
        "request_id": request_id,
        "revision": int(revision),
        "parts": parts_json(run.parts, details=details),
    }
    if run.acted is not None:
        said["rules"] = run.acted
    head = f"Content-Type: {ENVELOPE}\r\n{_told(message, run.parts, request_id, revision)}{rule}"
    return Response(status, _encode(said), head, None, message.complete, run.parts)


def stream_head(media_type: str, request_id: str, revision: str) -> str:
    """The header of an answer that comes as events: nobody on its way may keep or gather them."""
    own = f"Content-Type: {media_type}\r\nX-Request-Id: {request_id}\r\nX-Plait-Revision: {revision}\r\n"
    return f"{own}Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n"


def sees_details(peer: str, *, everybody: bool) -> bool:
    """Whether a caller sees addresses and errors of parts: on loopback, or where everybody does."""
    return everybody or _LOOPBACK.match(peer) is not None


def parts_json(parts: Sequence[Part], *, details: bool) -> dict[str, Any]:
    """Every part under its key."""
    return {part.key: _facts(part, details=details) for part in parts}


def part_states(parts: Sequence[Part]) -> dict[str, PartState]:
    """Every part under its key, for who asks in this process."""
    return {part.key: PartState(**_facts(part, details=True)) for part in parts}


def part_json(part: Part, *, details: bool) -> bytes:
    """One part with its node and, if it has one, its answer as it came."""
    shown = {"part": part.key, "node": part.node, **_facts(part, details=details)}
    if part.output is not None:
        shown["output"] = msgspec.Raw(part.output.raw)
    return _encode(shown)


def _facts(part: Part, *, details: bool) -> dict[str, Any]:
    """What became of a part; address and error only for those who may see them."""
    facts: dict[str, Any] = {
        "status": part.status,
        "code": part.code,
        "ms": round(part.seconds * 1000, 1),
        "attempts": part.attempts,
    }
    if details:
        facts["endpoint"] = part.endpoint or None
        facts["error"] = part.error or None
    return facts
