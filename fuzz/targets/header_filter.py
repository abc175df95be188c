"""Header fields: to predictors go ours and those that the file names, back to clients only ours; none twice, none that frames."""

from __future__ import annotations

import contextlib

from pydantic import ValidationError

from fuzz.oracle import Asked, answered, asked
from fuzz.pieces import Pieces
from fuzz.stopped import STOPPED
from plait.errors import PlaitError, Refused, RequestError
from plait.events import Part
from plait.http1.ids import request_id
from plait.http1.messages import Request, Response
from plait.http1.problem import problem
from plait.http1.requests import RequestLimits, RequestReader
from plait.jsontext import NotJson, validate
from plait.server.answers import envelope, plain
from plait.server.direct import direct_request
from plait.server.judged import forwarded_fields
from plait.server.wire_out import encode_response
from plait.spec.predictor import Predictor
from plait.types import Message, Run
from plait.wire.json import JsonCodec

_OURS = {
    b"host",
    b"content-type",
    b"accept",
    b"content-length",
    b"x-request-id",
    b"x-request-timeout",
    b"x-plait-hops",
    b"traceparent",
}
_BACK = {
    b"date",
    b"content-type",
    b"x-request-id",
    b"x-plait-complete",
    b"x-plait-revision",
    b"server-timing",
    b"content-length",
    b"connection",
}
_HOP_BY_HOP = set(b"connection keep-alive proxy-connection te trailer transfer-encoding upgrade expect proxy-authenticate".split())
_DATE = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"


def one_input(data: bytes) -> None:
    """Send a client's fields on to a predictor about whose fields a file says something."""
    pieces = Pieces(data)
    target, own, forward, sent, body = pieces.text(), pieces.text(), pieces.text(), pieces.bytes(), pieces.bytes()
    spec = predictor(target, own, forward)
    if spec is None:
        return
    for request in (over_http(sent, body), in_process(sent, body)):
        if request is not None:
            onward(request, spec)
            back(request)


def predictor(target: str, own: str, forward: str) -> Predictor | None:
    """What a file says of a predictor, if it may."""
    lines = (line.partition(": ") for line in own.split("\n") if line)
    fields = {name: value for name, _, value in lines}
    try:
        return Predictor(url="http://a", path=target or None, headers=fields, forward_headers=tuple(forward.split()))
    except ValidationError:
        return None


def over_http(sent: bytes, body: bytes) -> Request | None:
    """The request of a client that sends this head, and the length of its body."""
    reader = RequestReader(RequestLimits(), "")
    try:
        return reader.feed(b"%b\r\nContent-Length: %d\r\n\r\n%b" % (sent, len(body), body))
    except RequestError:
        return None


def in_process(sent: bytes, body: bytes) -> Request | None:
    """The same from who asks in this process."""
    lines = (line.partition(": ") for line in sent.decode("latin-1").split("\r\n")[1:])
    try:
        return direct_request(len(body), {name: value for name, _, value in lines}, 100)
    except RequestError:
        return None


def onward(request: Request, spec: Predictor) -> None:
    """Accept what a predictor is sent."""
    message = Message(request.body if _is_json(request.body) else b"null")
    try:
        forwarded = forwarded_fields(request.headers)
    except PlaitError:
        return
    own_id = request_id(request.headers, request.query).encode()
    run = Run(message, STOPPED, own_id, request.headers, forwarded)
    codec = JsonCodec.of(spec.path or "/predict", "a:80", spec.headers, spec.forward_headers, spec.pass_status)
    other = asked(codec.encode(message, run, 0.5))
    assert (other.method, other.body, other.surplus) == (b"POST", message.raw, b"")
    assert other.values(b"content-length") == [b"%d" % len(message.raw)]
    assert other.values(b"x-request-id") == [own_id]
    filtered(other, request, spec)


def filtered(sent: Asked, request: Request, spec: Predictor) -> None:
    """Accept the fields of a request to a predictor."""
    names = [name for name, _ in sent.fields]
    assert len(set(names)) == len(names), names
    assert not any(b"_" in name for name in names)
    assert not _HOP_BY_HOP & set(names)
    own = {name.lower().encode() for name in spec.headers}
    shown = {name.lower().encode() for name in spec.forward_headers}
    foreign = set(names) - _OURS - own
    assert foreign <= shown, foreign
    assert not foreign & options(request), "a field that the client's Connection names belongs to that connection"
    for name in foreign:
        assert sent.values(name) == [request.headers[name].strip(b" \t")]


def options(request: Request) -> set[bytes]:
    """What the client's Connection field names."""
    return {option.strip() for option in request.headers.get(b"connection", b"").lower().split(b",")}


def back(request: Request) -> None:
    """Accept what the client is sent, whatever it sent."""
    own_id = request_id(request.headers, request.query)
    message = Message(request.body if _is_json(request.body) else b"null")
    parts = [Part("a", "predict/a", "a", "timeout", 0.1)]
    run = Run(message, STOPPED)
    run.parts = parts
    responses = [plain(message, parts, own_id, "1"), envelope(message, run, own_id, "1", details=True)]
    responses.append(problem(Refused("no", 422, request.body), own_id))
    for response in responses:
        for keep in (True, False):
            framed(response, own_id, keep=keep)


def framed(response: Response, own_id: str, *, keep: bool) -> None:
    """Accept one answer, framed by its length, with our fields only."""
    other = answered(encode_response(response, _DATE, keep=keep, head_only=False), closed=False)
    names = [name for name, _ in other.fields]
    assert (other.status, other.body, other.surplus) == (response.status, response.body, b"")
    assert len(set(names)) == len(names)
    assert set(names) <= _BACK, names
    assert dict(other.fields)[b"x-request-id"] == own_id.encode()
    assert dict(other.fields)[b"content-length"] == b"%d" % len(response.body)


def _is_json(raw: bytes) -> bool:
    with contextlib.suppress(NotJson):
        validate(raw)
        return True
    return False
