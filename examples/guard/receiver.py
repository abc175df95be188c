"""The pager: takes webhooks, believes only those that are signed, and prints what came. `python receiver.py [PORT]`.

`PAGER_SECRET` is what they are signed with. A message may come more than once, which its `webhook-id` tells: it is printed once.
`GET /alerts` gives what came so far.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

PORT = 8290
MOST = 1 << 20
"""Bytes of a message that are read."""

Json = dict[str, Any]


class Pager:
    """What came, each message once.

    Args:
        secret: What messages are signed with.
    """

    def __init__(self, secret: str) -> None:
        self._signed = Webhook(secret)
        self._lock = Lock()
        self._alerts: dict[str, Json] = {}

    def take(self, body: bytes, headers: dict[str, str], now: datetime) -> Json | None:
        """What a message says, with the time from the part to here; None if it came before.

        Raises:
            WebhookVerificationError: If it is not from whom it should be, or too old.
        """
        told = self._signed.verify(body, headers)
        name = {key.lower(): value for key, value in headers.items()}["webhook-id"]
        after = (now - datetime.fromisoformat(told["time"])).total_seconds() * 1000
        alert = {**told, "after_ms": round(after, 1)}
        with self._lock:
            return alert if self._alerts.setdefault(name, alert) is alert else None

    def alerts(self) -> list[Json]:
        """All that came."""
        with self._lock:
            return list(self._alerts.values())


def line(alert: Json) -> str:
    """An alert for people."""
    session = alert["request"]["session"]
    likely = alert["output"]["prediction"][1]
    return f"{alert['rule']:<12} {session}  {alert['part']} {likely:.2f}  {alert['after_ms']:.0f} ms after the part"


class Handler(BaseHTTPRequestHandler):
    """Answers `POST /hook` and `GET /alerts`."""

    protocol_version = "HTTP/1.1"
    pager: Pager

    def do_POST(self) -> None:
        """Take a message: 204 for one that is signed well, 401 for any other."""
        now = datetime.now(UTC)
        length = int(self.headers.get("Content-Length", "0"))
        if length > MOST:
            self.close_connection = True
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        try:
            alert = self.pager.take(self.rfile.read(length), dict(self.headers.items()), now)
        except WebhookVerificationError as exc:
            print(f"refused: {exc}", flush=True)
            self._say(HTTPStatus.UNAUTHORIZED)
            return
        self._say(HTTPStatus.NO_CONTENT)
        if alert is not None:
            print(line(alert), flush=True)

    def do_GET(self) -> None:
        """Give all that came."""
        self._say(HTTPStatus.OK, json.dumps(self.pager.alerts()).encode())

    def log_message(self, *_: object) -> None:
        """Only alerts are printed."""

    def _say(self, status: HTTPStatus, body: bytes = b"") -> None:
        self.send_response(status)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Listen."""
    secret = os.environ.get("PAGER_SECRET")
    if not secret:
        raise SystemExit("PAGER_SECRET is missing: give it what plait signs with")
    Handler.pager = Pager(secret)
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else PORT), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
