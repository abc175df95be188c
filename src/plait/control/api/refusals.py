"""What the admin API refuses before anything is asked of the ledger."""

from __future__ import annotations

from plait.errors import PlaitError, RequestError


class Unauthorized(RequestError):
    """There is no token, or a wrong one; which of the two is not told."""

    code, title, status = "unauthorized", "Unauthorized", 401


class Forbidden(RequestError):
    """A browser sends it on behalf of somebody else's page."""

    code, title, status = "forbidden", "Forbidden", 403


class Misdirected(RequestError):
    """The Host is none of this server's names."""

    code, title, status = "misdirected", "Misdirected request", 421


class TooManyFailures(RequestError):
    """One address has sent too many wrong tokens; `retry_after` says when it may try again."""

    code, title, status = "too-many-failures", "Too many requests", 429

    def __init__(self, detail: str, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooManyListeners(PlaitError):
    """As many clients listen to events as may."""

    code, title, status = "too-many-listeners", "Service unavailable", 503
