"""Addresses of predictors, from text to host, port and path."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_EVERY = "dns+"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?")


class Address(NamedTuple):
    """One address: `host` is a name or an IP without brackets, `path` the URL's own, empty if it has none; `tls` for https.

    With `every`, it stands for all addresses that the host's name has.
    """

    host: str
    port: int
    path: str
    tls: bool = False
    every: bool = False

    @property
    def authority(self) -> str:
        """What stands in a Host field: `127.0.0.1:8000`, `[::1]:8000`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_url(text: str) -> Address:
    """The address that a URL names.

    Raises:
        ValueError: If it is no http or https URL with a host, or carries a user, a query or a fragment.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as exc:
        raise ValueError(f"is no URL ({exc}); write it as http://host:port") from None
    every, scheme = parts.scheme.startswith(_EVERY), parts.scheme.removeprefix(_EVERY)
    if scheme not in ("http", "https"):
        raise ValueError("is no http URL; write it as http://host:port or https://host:port")
    tls = scheme == "https"
    host = parts.hostname or ""
    if ":" not in host and not is_host(host):
        raise ValueError("has no valid host; write it as http://host:port")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a user or password; add a header instead")
    if parts.query or parts.fragment or re.search(r"[^!-~]", text):
        raise ValueError("must be a plain http://host:port/path without query, fragment or blanks")
    if port == 0:
        raise ValueError("needs a port between 1 and 65535")
    return Address(host, port or (443 if tls else 80), "" if parts.path == "/" else parts.path, tls, every)


def parse_hook(text: str) -> tuple[Address, str]:
    """The address that the URL of a webhook names, and what is asked of it: its path with its query, which many have a token in.

    Raises:
        ValueError: If it is no http or https URL with a host, or carries a user or a fragment.
    """
    plain, question, query = text.partition("?")
    address = parse_url(plain)
    if address.every:
        raise ValueError("is no http URL; write it as https://host/path")
    if re.search(r"[^!-~]|#", query):
        raise ValueError("must be a plain https://host/path?query without fragment or blanks")
    return address, f"{address.path or '/'}{question}{query}"


def is_host(text: str) -> bool:
    """Whether it is the name of a host, or an IPv4 address."""
    return _HOST.fullmatch(text) is not None


def parse_service(text: str) -> str:
    """The URL that the value of a `SERVICE_<NAME>` variable names: `host:port`, which is plain HTTP, or a URL.

    Raises:
        ValueError: If it is neither.
    """
    if "://" not in text:
        if re.fullmatch(r"\S+:[0-9]{1,5}", text) is None:
            raise ValueError("is neither host:port nor an http or https URL")
        text = f"http://{text}"
    parse_url(text)
    return text
