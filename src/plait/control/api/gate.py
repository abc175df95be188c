"""What every request to the admin API passes: whose host, whose page, whose token; and what every answer carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plait.control.api.answers import problem
from plait.control.api.refusals import Forbidden, Misdirected, TooManyFailures, Unauthorized
from plait.control.audit import Audit, Entry
from plait.control.auth import Failures, Lock
from plait.errors import PlaitError, fault
from plait.http1.ids import request_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from plait.control.api.terms import Terms

OPEN = frozenset({"/livez", "/docs", "/openapi.json", "/ui"})
"""Routes without data, which need no token."""
_OPEN_BELOW = "/ui/"
METRICS = "/metrics"
_READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_REFUSED = frozenset({401, 403, 409, 412, 421, 422, 429})
_OWN_PAGES = frozenset({"same-origin", "none"})
_LONGEST = 200

SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_SECURITY = tuple((name.lower().encode(), text.encode()) for name, text in SECURITY.items())


class Gate:
    """Stands before the routes.

    Args:
        app: The routes.
        terms: What holds.
        audit: Where changes and refusals are written down.
    """

    def __init__(self, app: ASGIApp, terms: Terms, audit: Audit) -> None:
        self._app = app
        self._lock = Lock(terms.token)
        self._hosts = terms.hosts
        self._open = OPEN | {METRICS} if terms.open_metrics else OPEN
        self._audit = audit
        self._failures = Failures()
        self._without = Failures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = Visit(scope, send)
        try:
            if (refusal := self._refusal(visit)) is None:
                await self._app(scope, receive, visit.send)
            else:
                visit.told["code"] = refusal.code
                await problem(refusal, visit.id)(scope, receive, visit.send)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the client gets an answer
            error = fault(exc)
            if not visit.status:
                await problem(error, visit.id)(scope, receive, visit.send)
        finally:
            self._write_down(visit)

    def _refusal(self, visit: Visit) -> PlaitError | None:
        if not self._knows(visit.headers.get(b"host")):
            return Misdirected("this server has no such name; ask it by the address that it listens on")
        if visit.method not in _READS and not visit.of_own_page:
            return Forbidden("pages of others may not change anything here")
        if visit.path in self._open or visit.path.startswith(_OPEN_BELOW):
            return None
        if self._lock.opens(visit.authorization):
            return None
        if visit.authorization is None:
            # Who sends no token guesses none, and is only kept from filling the audit log.
            visit.silent = self._without.count(visit.peer) > 0
        elif wait := self._failures.count(visit.peer):
            visit.silent = not self._failures.first_refusal(visit.peer)
            return TooManyFailures("too many wrong tokens; wait", wait)
        return Unauthorized("the token is missing or wrong; send it as Authorization: Bearer …")

    def _knows(self, host: bytes | None) -> bool:
        if self._hosts is None:
            return True
        try:
            name = urlsplit(f"//{(host or b'').decode('ascii')}").hostname
        except ValueError:
            return False
        return (name or "").removesuffix(".") in self._hosts

    def _write_down(self, visit: Visit) -> None:
        changes = visit.method not in _READS
        if visit.silent or not (visit.status in _REFUSED or (changes and visit.told.get("changed"))):
            return
        told = visit.told
        self._audit.write(
            Entry(
                visit.peer,
                told.get("author", ""),
                visit.method,
                visit.path[:_LONGEST],
                told.get("code", "done"),
                visit.status,
                told.get("revision"),
                told.get("reason", ""),
                visit.id,
            )
        )


class Visit:
    """One request on its way.

    Args:
        scope: What ASGI says of it; `state["told"]` is what routes tell of it, for the audit log.
        send: Takes the answer.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"])
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.peer: str = (scope.get("client") or ("",))[0]
        self.id = request_id(self.headers, scope["query_string"].decode("latin-1"))
        self.told: dict[str, Any] = {}
        self.status = 0
        self.silent = False
        self._scheme: str = scope["scheme"]
        self._send = send
        scope.setdefault("state", {}).update(request_id=self.id, told=self.told)

    @property
    def authorization(self) -> str | None:
        """The value of that field."""
        found = self.headers.get(b"authorization")
        return None if found is None else found.decode("latin-1")

    @property
    def of_own_page(self) -> bool:
        """Whether no browser says that another's page sends it."""
        if self.headers.get(b"sec-fetch-site", b"none").decode("latin-1") not in _OWN_PAGES:
            return False
        origin = self.headers.get(b"origin")
        own = f"{self._scheme}://".encode() + self.headers.get(b"host", b"")
        return origin is None or origin.lower() == own.lower()

    async def send(self, message: Message) -> None:
        """Hand on the answer, with what each carries; a route's own fields stay."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = {name.lower() for name, _ in message["headers"]}
            more = [(name, text) for name, text in _SECURITY if name not in given]
            if b"x-request-id" not in given:
                more.append((b"x-request-id", self.id.encode()))
            message = {**message, "headers": [*message["headers"], *more]}
        await self._send(message)


def told(scope: Scope, **facts: Any) -> None:
    """Have the audit log know more of a request."""
    scope["state"]["told"].update(facts)
