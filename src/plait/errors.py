"""Every failure that plait can answer with: one tree of classes, each with its facts.

Nodes and upstreams raise; the edge alone turns an error into a response. The class says what happened (`code`), what the
caller sees (`status`), and what a part is called that failed so (`part`). The altitudes add to a leaving error what only they
know: the endpoint its address, the upstream the predictor's name, the node its path. A client raises the same classes anew.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from plait.problem import Problem as Problem  # noqa: PLC0414 - a part of ConfigError

if TYPE_CHECKING:
    from plait.answer import PartState


class PlaitError(Exception):
    """The root of the tree.

    Args:
        detail: One sentence for the caller: what is wrong and, where it helps, what to do. Never echoes input.

    `retry_after` is how many seconds to wait before asking again, where that is known; `final` says that whoever could have asked
    again has decided on it already. In a client it also has the `request_id` and the `parts` that had ended.
    """

    code: str = "error"
    title: str = "Error"
    status: int = 500
    part: ClassVar[str] = "error"
    request_id: str = ""
    parts: Mapping[str, PartState] = MappingProxyType({})
    retry_after: float | None = None
    final: bool = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.node = ""
        self.predictor = ""
        self.endpoint = ""

    def at(self, node: str) -> PlaitError:
        """The same error, with the path of the node that it left (the innermost node wins)."""
        self.node = self.node or node
        return self

    def __str__(self) -> str:
        """The sentence, and what is known of where and for whom it happened."""
        known = (("node", self.node), ("predictor", self.predictor), ("request", self.request_id))
        facts = [f"{name} {value}" for name, value in known if value]
        return f"{self.detail} ({', '.join((f'{self.status} {self.code}', *facts))})" if facts else self.detail


# The request is wrong: nothing was asked of any predictor.


class RequestError(PlaitError):
    """The client's request cannot be served as it is."""

    code, title, status = "bad-request", "Bad request", 400


class BadRequest(RequestError):
    """Broken framing, a malformed header or a body that is no JSON."""

    code, title, status = "bad-request", "Bad request", 400


class NotFound(RequestError):
    """No such route."""

    code, title, status = "not-found", "Not found", 404


class MethodNotAllowed(RequestError):
    """The route exists, the method does not; `allow` lists those that do."""

    code, title, status = "method-not-allowed", "Method not allowed", 405

    def __init__(self, detail: str, allow: str = "") -> None:
        super().__init__(detail)
        self.allow = allow


class RequestTimeout(RequestError):
    """The request did not arrive in time."""

    code, title, status = "request-timeout", "Request timeout", 408


class TooLarge(RequestError):
    """The body is over the limit."""

    code, title, status = "too-large", "Content too large", 413


class TargetTooLong(RequestError):
    """The request line is over the limit."""

    code, title, status = "target-too-long", "URI too long", 414


class UnsupportedMediaType(RequestError):
    """The body is not said to be UTF-8 JSON without a coding."""

    code, title, status = "unsupported-media-type", "Unsupported media type", 415


class ExpectationFailed(RequestError):
    """An `Expect` other than 100-continue."""

    code, title, status = "expectation-failed", "Expectation failed", 417


class HeadersTooLarge(RequestError):
    """Too many header fields, or too many bytes of them."""

    code, title, status = "headers-too-large", "Request header fields too large", 431


class NotImplementedHere(RequestError):
    """A method or transfer coding that plait does not know."""

    code, title, status = "not-implemented", "Not implemented", 501


class VersionNotSupported(RequestError):
    """An HTTP version other than 1.0 and 1.1."""

    code, title, status = "version-not-supported", "HTTP version not supported", 505


class Crowded(RequestError):
    """There are as many clients or requests as the proxy takes."""

    code, title, status = "crowded", "Service unavailable", 503


class TooManyConnections(RequestError):
    """One client has as many connections as it may."""

    code, title, status = "too-many-connections", "Too many connections", 429


class InvalidRequest(RequestError):
    """The body is JSON but not what the graph takes; `pointer` (RFC 6901) says where."""

    code, title, status = "invalid-request", "Unprocessable content", 422

    def __init__(self, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.pointer = pointer


# A node could not do its work.


class NodeError(PlaitError):
    """A node failed on what it was given."""

    code, title, status = "node-failed", "Node failed", 422


class ExpressionFailed(NodeError):
    """An expression had no value for this request: a missing field, a wrong type, too much data."""

    code, title = "expression-failed", "Expression failed"


class RequirementFailed(NodeError):
    """A parallel has too few branches left to meet what it requires."""

    code, title = "requirement-failed", "Requirement failed"


class NoCase(NodeError):
    """No case of a switch holds, and it has no else."""

    code, title = "no-case", "No case holds"


class TooManyItems(NodeError):
    """A list has more items than a `map` takes."""

    code, title = "too-many-items", "Too many items"


class CodeFailed(NodeError):
    """A Python function of a graph raised, or gave what is no JSON; the log has its traceback."""

    code, title, status = "code-failed", "Python function failed", 502


class Responded(PlaitError):
    """A rule answers in place of the graph: with a `status` and a `body`, the bytes of JSON; `rule` is its name.

    `complete` is whether nothing was missing in the result that it replaces.
    """

    code, title = "responded", "A rule has answered"
    complete: bool = True

    def __init__(self, detail: str, status: int = 500, body: bytes = b"null", rule: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.body = body
        self.rule = rule

    @property
    def good(self) -> bool:
        """Whether this is an answer like any other, and no refusal."""
        return self.status < 400  # noqa: PLR2004 - where HTTP's refusals begin

    @property
    def answer(self) -> Any:
        """The body as plain Python."""
        return msgspec.json.decode(self.body)


class Internal(PlaitError):
    """A fault of plait itself; the log has it whole."""

    code, title, status = "internal", "Internal error", 500


def fault(exc: Exception) -> Internal:
    """The error that stands for an exception that is a fault of plait itself: it must be answered, and found in the log."""
    logging.getLogger("plait").error("plait failed in a way that it should not", exc_info=exc)
    return Internal("plait failed on this request; the log says how")


# A predictor could not be asked, or did not answer well.


class UpstreamError(PlaitError):
    """A call of a predictor failed."""

    code, title, status = "predictor-failed", "Predictor failed", 502


class Unreachable(UpstreamError):
    """No connection: refused, not resolved, or reset before a byte was sent."""

    code, title, part = "unreachable", "Predictor unreachable", "unreachable"


class TimedOut(UpstreamError):
    """No answer in time: the call's own timeout or any deadline around it."""

    code, title, status, part = "timeout", "No answer in time", 504, "timeout"


class BadAnswer(UpstreamError):
    """An answer that is broken, too large, a redirect, a 5xx, or not what the protocol wants; `answer_status` if one was read."""

    code, title = "bad-answer", "Bad answer"

    def __init__(self, detail: str, answer_status: int | None = None) -> None:
        super().__init__(detail)
        self.answer_status = answer_status


class CutOff(BadAnswer):
    """The connection broke before the answer was whole."""


class Refused(UpstreamError):
    """The predictor says that the request is wrong (400, 413, 415, 422): passed on with its status and `body`."""

    code, title, status = "refused", "Predictor refused the request", 422

    def __init__(self, detail: str, status: int = 422, body: bytes = b"") -> None:
        super().__init__(detail)
        self.status = status
        self.body = body

    @property
    def answer(self) -> Any:
        """What the predictor said: its JSON as plain Python, anything else as text."""
        try:
            return msgspec.json.decode(self.body)
        except (ValueError, RecursionError):  # what msgspec says, also of bytes that are no UTF-8
            return self.body.decode(errors="replace")


class LoopDetected(UpstreamError):
    """The request has passed through too many proxies, here or further on: one of them asks itself, so asking again is no use."""

    code, title, status = "loop-detected", "Loop detected", 508


class Overloaded(UpstreamError):
    """All connections are in use and the waiting line is full."""

    code, title, status, part = "overloaded", "Predictor overloaded", 503, "overloaded"


class Excluded(UpstreamError):
    """The predictor was taken out by configuration."""

    code, title, status = "excluded", "Predictor excluded", 503


class ConfigError(PlaitError):
    """A configuration that cannot be taken, with every problem that it has."""

    code, title, status = "invalid-configuration", "Invalid configuration", 422

    def __init__(self, problems: list[Problem], source: str = "") -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
        self.source = source


class StartError(PlaitError):
    """plait cannot start: a port in use, a missing model file, an address that is none."""

    code, title = "cannot-start", "Cannot start"
