"""What is sent: route, header fields, body, and how long its answer is waited for."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict
from urllib.parse import urlsplit

from plait.client.body import encode
from plait.client.wish import SILENCE, Wish, at_job
from plait.errors import BadRequest

JSON = "application/json"
ENVELOPE = "application/vnd.plait+json"
LINES = "application/x-ndjson"
SSE = "text/event-stream"

MARGIN = 1.0
"""Seconds for which an answer is still waited for when its time is up: the proxy itself then says which part was late."""

MOST = 64 << 20
"""The bytes that an answer may have where nobody says otherwise."""

_GRAPH = re.compile(r"[a-z][a-z0-9_]*")
_ROUTE = re.compile(r"/[!-~]*")
_BASE = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)?")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_FIELD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+: ([!-~]([ -~]*[!-~])?)?")
_USER = re.compile(r"//[^/@]*@")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `seconds` bounds the wait for its answer (None: nothing does), `most` the bytes of the answer or of a line."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    seconds: float | None
    most: int

    @property
    def request_id(self) -> str:
        """The id that it is known by."""
        return self.headers["x-request-id"]

    @property
    def where(self) -> str:
        """The URL for people, without a password in it."""
        return _USER.sub("//", self.url)


class Choice(TypedDict, total=False):
    """What one call may choose: seconds for its answer, its request id, further header fields."""

    timeout: float
    request_id: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What all requests of one client have in common.

    Args:
        base: The URL of the proxy; what it is mounted at is part of it.
        timeout: Seconds for an answer, `math.inf` for as long as the graph may take.
        headers: Header fields of every request.
        most: The bytes that an answer, or one line of a stream, may have.
    """

    base: str
    timeout: float
    headers: Mapping[str, str]
    most: int

    @classmethod
    def of(cls, base_url: str, timeout: float, headers: Mapping[str, str] | None, most: int) -> Plan:
        """A plan that has been looked at.

        Raises:
            BadRequest: If the URL, the timeout or a header field is none.
        """
        return cls(_base(base_url), _seconds(timeout), _fields(headers or {}), most)

    def post(
        self,
        graph: str,
        data: Any,
        accept: str,
        *,
        timeout: float | None = None,
        request_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Asked:
        """The request that runs a graph.

        Raises:
            BadRequest: If the graph's name, the data, or something chosen cannot be sent.
        """
        seconds = self.timeout if timeout is None else _seconds(timeout)
        fields = {**_fields(headers or {}), **_own(accept, request_id), "content-type": JSON}
        if seconds < math.inf:
            fields["x-request-timeout"] = f"{max(seconds, 1e-6):.6f}s"
        return self._asked("POST", route(graph), fields, encode(data), seconds)

    def later(
        self,
        graph: str,
        data: Any,
        wish: Wish,
        *,
        timeout: float | None = None,
        request_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Asked:
        """The request that has a graph run as a job.

        Raises:
            BadRequest: If the graph's name, the data, or something chosen cannot be sent.
        """
        seconds = self.timeout if timeout is None else _seconds(timeout)
        fields = {**_fields(headers or {}), **_own(ENVELOPE, request_id), **wish.fields(), "content-type": JSON}
        return self._asked("POST", route(graph), fields, encode(data), seconds + wish.wait)

    def get(self, path: str) -> Asked:
        """The request for what a proxy says of itself."""
        return self._asked("GET", path, _own(JSON, None), None, self.timeout)

    def job(self, job: str, *, wait: float = 0.0, method: str = "GET") -> Asked:
        """The request for a job, which has so many seconds to end, or that ends it.

        Raises:
            BadRequest: If the id is none.
        """
        fields = {**_own(JSON, None), **({"prefer": f"wait={wait:.3f}"} if wait else {})}
        return self._asked(method, at_job(job), fields, None, self.timeout + wait)

    def events(self, job: str) -> Asked:
        """The request for the events of a job, between which there is a sign of life."""
        return self._asked("GET", f"{at_job(job)}/events", _own(SSE, None), None, SILENCE)

    def _asked(self, method: str, path: str, fields: dict[str, str], body: bytes | None, seconds: float) -> Asked:
        patience = seconds + MARGIN if seconds < math.inf else None
        return Asked(method, self.base + path, {**self.headers, **fields}, body, patience, self.most)


def route(graph: str) -> str:
    """Where a graph is served; what begins with a slash is a route already.

    Raises:
        BadRequest: If it is neither a name nor a route.
    """
    if graph == "predict":
        return "/predict"
    if _GRAPH.fullmatch(graph):
        return f"/predict/{graph}"
    if _ROUTE.fullmatch(graph):
        return graph
    raise BadRequest(f"{graph!r} is no graph; give its name, or its route, which begins with /")


def about(graph: str) -> str:
    """Where a graph is described.

    Raises:
        BadRequest: If it is no name.
    """
    if _GRAPH.fullmatch(graph) is None:
        raise BadRequest(f"{graph!r} is no name of a graph")
    return f"/metadata/{graph}"


def _base(url: str) -> str:
    if _BASE.fullmatch(url) is None or not _has_port(url):
        raise BadRequest(f"{_USER.sub('//', url)} is no http URL; write it as http://host:port")
    return url.rstrip("/")


def _has_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:  # over 65535, or no number
        return False


def _own(accept: str, request_id: str | None) -> dict[str, str]:
    """The fields that no caller writes; identity, because whoever compresses a stream also delays it."""
    if request_id is None:
        request_id = secrets.token_hex(16)
    elif _REQUEST_ID.fullmatch(request_id) is None:
        raise BadRequest(f"{request_id!r} is no request id; it takes 1 to 128 of A-Z a-z 0-9 . _ -")
    return {"accept": accept, "accept-encoding": "identity", "x-request-id": request_id}


def _fields(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if _FIELD.fullmatch(f"{name}: {value}") is None:
            raise BadRequest(f"{name!r} is no header field, or its value no plain ASCII without line ends")
    return {name.lower(): value for name, value in headers.items()}


def _seconds(timeout: object) -> float:
    if isinstance(timeout, (int, float)) and timeout > 0:
        return float(timeout)
    raise BadRequest(f"{timeout!r} is no timeout; give seconds, more than 0, or math.inf for as long as the graph may take")
