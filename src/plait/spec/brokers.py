"""Servers of NATS, from the text of a URL or several."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from plait.spec.address import is_host

PORT = 4222


class Broker(NamedTuple):
    """One server, and what it knows us by: a user and a password, or a token."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""
    token: str = ""

    @property
    def credentials(self) -> dict[str, str]:
        """As the client takes them."""
        return {"user": self.user, "password": self.password, "token": self.token}


def parse_brokers(text: str) -> list[Broker]:
    """The servers that a text with commas names.

    Raises:
        ValueError: If one is no URL of NATS.
    """
    return [_broker(each.strip()) for each in text.split(",")]


def _broker(text: str) -> Broker:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is no URL; write it as nats://host:4222") from None
    if parts.scheme not in ("nats", "tls"):
        raise ValueError("is no URL of NATS; write it as nats://host:4222 or tls://host:4222")
    host = parts.hostname or ""
    if ":" not in host and not is_host(host):
        raise ValueError("has no valid host; write it as nats://host:4222")
    if parts.path not in ("", "/") or parts.query or parts.fragment or port == 0:
        raise ValueError("must be nats://user:password@host:port, and nothing more")
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    alone = name and parts.password is None
    return Broker(host, port or PORT, parts.scheme == "tls", "" if alone else name, password, name if alone else "")
