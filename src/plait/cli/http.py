"""One request to a plait that runs, for commands that talk to it."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import NamedTuple

from plait.errors import StartError

PATIENCE = 3600.0
"""Seconds: the proxy's own deadlines are what ends a call."""


class Reply(NamedTuple):
    """What came back: status, header fields by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


def send(url: str, body: bytes | None = None, headers: dict[str, str] | None = None, timeout: float = PATIENCE) -> Reply:
    """GET a URL, or POST a JSON body to it; never through a proxy of the environment.

    Raises:
        StartError: If nobody answers there.
    """
    if not url.startswith(("http://", "https://")):
        raise StartError(f"{url} is no http URL; write it as http://host:port")
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **(headers or {})})  # noqa: S310 - checked above
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as answer:
            return Reply(answer.status, _lower(answer.headers), answer.read())
    except urllib.error.HTTPError as exc:
        with exc:
            return Reply(exc.code, _lower(exc.headers), exc.read())
    except (OSError, ValueError, http.client.HTTPException) as exc:
        reason = getattr(exc, "reason", exc)
        raise StartError(f"no answer from {url}: {getattr(reason, 'strerror', None) or reason}") from None


def _lower(headers: object) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}  # type: ignore[attr-defined]
