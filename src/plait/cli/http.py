"""One request to a plait that runs, for commands that talk to it: by the standard library, because the client is an extra."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import NamedTuple

from plait.errors import ConfigError, StartError
from plait.http1.tls_reasons import refusal

PATIENCE = 3600.0
"""Seconds: the proxy's own deadlines are what ends a call."""

LONGEST_LINE = 64 << 20

Response = HTTPResponse | urllib.error.HTTPError


class Reply(NamedTuple):
    """What came back: status, header fields by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


def send(
    url: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = PATIENCE,
    tls: ssl.SSLContext | None = None,
    method: str | None = None,
) -> Reply:
    """GET a URL, or POST a JSON body to it, or what `method` says; never through a proxy of the environment.

    Raises:
        StartError: If nobody answers there.
    """
    with opened(url, body, headers, timeout, tls, method) as response:
        return reply(response, url)


@contextmanager
def opened(
    url: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = PATIENCE,
    tls: ssl.SSLContext | None = None,
    method: str | None = None,
) -> Iterator[Response]:
    """The same, with a response whose body is still to come; `tls` is by default what the system trusts.

    Raises:
        StartError: If nobody answers there.
    """
    if not url.startswith(("http://", "https://")):
        raise StartError(f"{url} is no http URL; write it as http://host:port")
    fields = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, body, fields, method=method)  # noqa: S310 - checked above
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls), _Stay)
    with _reading(url):
        try:
            response: Response = opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as exc:
            response = exc
    with response:
        yield response


def reply(response: Response, url: str) -> Reply:
    """A response, read to its end.

    Raises:
        StartError: If it breaks off.
    """
    with _reading(url):
        return Reply(response.status or 0, {name.lower(): value for name, value in response.headers.items()}, response.read())


def lines(response: Response, url: str) -> Iterator[bytes]:
    """The lines of a body, each as it comes.

    Raises:
        StartError: If it breaks off.
    """
    while True:
        with _reading(url):
            line = response.readline(LONGEST_LINE)
        if not line:
            return
        yield line


def trusted(cacert: Path | None, cert: Path | None) -> ssl.SSLContext | None:
    """What is trusted and shown; None if nothing was said of it.

    Raises:
        StartError: If a file cannot be used.
    """
    files = {key: str(path) for key, path in (("ca", cacert), ("cert", cert)) if path is not None}
    if not files:
        return None
    from plait.http1.certificates import client_context  # noqa: PLC0415 - most have none
    from plait.spec.tls import PredictorTls  # noqa: PLC0415

    try:
        return client_context(PredictorTls(**files))
    except ConfigError as exc:
        raise StartError(exc.problems[0].message) from None


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: what was asked is meant for the proxy that was named."""

    def redirect_request(self, *_: object) -> None:
        """Nothing else is asked."""


@contextmanager
def _reading(url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, HTTPException) as exc:
        reason = "it was cut short" if isinstance(exc, IncompleteRead) else getattr(exc, "reason", exc)
        told = exc.args[0] if exc.args else None  # of a failed handshake, urllib's error has OpenSSL's in it; later ones come bare
        failed = next((each for each in (told, exc) if isinstance(each, ssl.SSLError)), None)
        if failed is not None:
            raise StartError(f"no answer from {url}: {refusal(failed)}") from None
        hint = "; does plait run there?" if isinstance(reason, ConnectionRefusedError) else ""
        raise StartError(f"no answer from {url}: {getattr(reason, 'strerror', None) or reason}{hint}") from None
