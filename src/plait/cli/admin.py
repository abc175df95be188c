"""The admin port of a plait that runs, as commands ask it."""

from __future__ import annotations

import getpass
import json
import os
import re
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from plait.cli.http import Response, opened, send, trusted
from plait.errors import PlaitError, StartError

VARIABLE = "PLAIT_ADMIN_TOKEN"
TOKEN_FILE = Path(".plait", "admin.token")
"""Where `plait serve` leaves the token that it made, seen from the folder of its file."""

PATIENCE = 60.0
IN_USE = 409
"""A refusal whose one sentence says it all; its problems say the same."""
_GOOD = frozenset({200, 201, 202})
_TOKEN = re.compile(r"[!-~]{1,4096}")
_LONGEST_TOKEN = 5000


class Token(NamedTuple):
    """A token, and where it is from; without one, both are empty."""

    text: str
    source: str


class Said(NamedTuple):
    """A good answer: its status, its body as it came, and what that says."""

    status: int
    text: str
    value: dict[str, Any]


class NotDone(PlaitError):
    """The admin port answered, but not with what was asked for; `problems` are those of a configuration, `text` is all of it."""

    code, title = "not-done", "Not done"

    def __init__(self, detail: str, status: int, text: str, problem: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.status = status
        self.text = text
        self.problems: list[dict[str, Any]] = [each for each in problem.get("problems") or () if isinstance(each, dict)]


class AdminPort:
    """Where changes go.

    Args:
        url: Where it is.
        token: What it is given.
        tls: What is trusted there.
    """

    def __init__(self, url: str, token: Token, tls: ssl.SSLContext | None = None) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._tls = tls

    def get(self, path: str, timeout: float = PATIENCE, **query: object) -> Said:
        """Read something.

        Raises:
            StartError: If nobody answers, or no plait does.
            NotDone: If the answer is a refusal.
        """
        return self._said("GET", path, query, timeout=timeout)

    def change(
        self, method: str, path: str, value: object, *, if_match: int | None = None, timeout: float = PATIENCE, **query: object
    ) -> Said:
        """Change something; what is None or false is left out of the query.

        Raises:
            StartError: If nobody answers, or no plait does.
            NotDone: If nothing was changed.
        """
        headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
        body = json.dumps(value).encode()
        return self._said(method, path, query, body, headers | _author(), timeout=timeout)

    def newest(self, count: int) -> list[int]:
        """The numbers of the newest revisions, of which the first is the active one.

        Raises:
            StartError: If nobody answers, or no plait with a revision does.
            NotDone: If the answer is a refusal.
        """
        listed = self.get("/revisions", limit=count).value.get("revisions")
        numbers = [each.get("number") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        found = [number for number in numbers if isinstance(number, int)]
        if not found:
            raise StartError(f"there is no revision at {self.url}")
        return found

    @contextmanager
    def events(self, timeout: float) -> Iterator[Response]:
        """The stream of events, which ends when nothing comes for so many seconds.

        Raises:
            StartError: If nobody answers.
            NotDone: If the answer is a refusal.
        """
        headers = {"Accept": "text/event-stream", **self._authorization()}
        with opened(f"{self.url}/events", None, headers, timeout, self._tls) as response:
            if response.status not in _GOOD:
                text = response.read().decode(errors="replace")
                raise self._refusal(response.status or 0, text, _decoded(text))
            yield response

    def _said(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float,
    ) -> Said:
        given = urlencode({key: _text(value) for key, value in query.items() if value not in (None, False, "")}, quote_via=quote)
        url = f"{self.url}{path}{'?' if given else ''}{given}"
        reply = send(url, body, {**(headers or {}), **self._authorization()}, timeout, self._tls, method)
        text = reply.body.decode(errors="replace")
        value = _decoded(text)
        if reply.status not in _GOOD:
            raise self._refusal(reply.status, text, value)
        if value is None:
            raise StartError(f"what answers at {self.url} is no admin port of plait")
        return Said(reply.status, text, value)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token.text}"} if self._token.text else {}

    def _refusal(self, status: int, text: str, problem: dict[str, Any] | None) -> PlaitError:
        if problem is None or not isinstance(problem.get("detail"), str):
            return StartError(f"what answers at {self.url} is no admin port of plait (status {status})")
        detail: str = problem["detail"]
        if status == 401:  # noqa: PLR2004 - no token, or a wrong one
            detail = self._unknown_token()
        elif status == 404 and "there is no such route" in detail:  # noqa: PLR2004 - the words of the data port
            detail = f"{self.url} has no such route; is it the admin port (9001 by default), or the data port?"
        return NotDone(detail, status, text, problem)

    def _unknown_token(self) -> str:
        if self._token.text:
            return f"the admin port at {self.url} does not take the token of {self._token.source}"
        return (
            f"the admin port at {self.url} wants its token: set {VARIABLE}, or name its file with --token-file; "
            f"plait serve makes one as {TOKEN_FILE} beside its file"
        )


def admin_port(url: str, token_file: Path | None, cacert: Path | None) -> AdminPort:
    """The admin port that the options of a command name.

    Raises:
        StartError: If the token or the certificates cannot be read.
    """
    return AdminPort(url, found_token(url, token_file, os.environ), trusted(cacert, None))


def found_token(url: str, token_file: Path | None, environ: Mapping[str, str]) -> Token:
    """The token: that of the file that was named, else of the variable, else, for a plait on this machine, of the folder.

    Raises:
        StartError: If a file cannot be read, or has no token.
    """
    if token_file is not None:
        return _of_file(token_file)
    if text := environ.get(VARIABLE, "").strip():
        return _checked(text, f"the variable {VARIABLE}")
    # The token of the plait here is for nobody elsewhere.
    if _is_here(url) and TOKEN_FILE.exists():
        return _of_file(TOKEN_FILE)
    return Token("", "")


def _of_file(file: Path) -> Token:
    try:
        with file.open("rb") as opened_file:
            raw = opened_file.read(_LONGEST_TOKEN)
    except (OSError, ValueError) as exc:
        raise StartError(f"cannot read the token in {file}: {(getattr(exc, 'strerror', None) or str(exc)).lower()}") from None
    return _checked(raw.decode(errors="replace").strip(), str(file))


def _checked(text: str, source: str) -> Token:
    if _TOKEN.fullmatch(text) is None:
        raise StartError(f"{source} has no token: one is up to 4,096 ASCII characters without blanks")
    return Token(text, source)


def _is_here(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _author() -> dict[str, str]:
    try:
        return {"X-Plait-Author": quote(getpass.getuser()[:100], safe="@ ")}
    except (OSError, KeyError, ImportError):  # a user without a name, as containers have them
        return {}


def _text(value: object) -> str:
    return "true" if value is True else str(value)


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


@contextmanager
def telling(*, as_json: bool) -> Iterator[None]:
    """For machines, a refusal as the admin port has written it, on standard output; exit code 1 all the same."""
    try:
        yield
    except NotDone as exc:
        if not as_json:
            raise
        print(exc.text)  # noqa: T201
        sys.exit(1)
