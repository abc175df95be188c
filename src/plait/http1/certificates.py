"""What TLS trusts and shows, from files: strict, and with what is wrong told by the key that names the file."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plait.errors import ConfigError, Problem
from plait.spec.tls import PredictorTls, ServerTls

_HTTP = ["http/1.1"]
_NO_MATCH = "KEY_VALUES_MISMATCH"
_WEAK = ("TOO_SMALL", "TOO_WEAK")


class _Locked(Exception):
    """A key wants a passphrase."""


def client_context(tls: PredictorTls) -> ssl.SSLContext:
    """What we trust and show as a client; the certificate of a server is always verified.

    Raises:
        ConfigError: If a file cannot be used; the problem's place is its key.
    """
    if tls.ca is None:
        context = ssl.create_default_context()
    else:
        with _file("ca", tls.ca):
            context = ssl.create_default_context(cafile=tls.ca)
    if tls.cert is not None:
        _show(context, tls.cert, tls.key)
    return _strict(context)


def server_context(tls: ServerTls) -> ssl.SSLContext:
    """What we show as a server, and whom we let in.

    Raises:
        ConfigError: If a file cannot be used; the problem's place is its key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _show(context, tls.cert, tls.key)
    if tls.client_ca is not None:
        with _file("client_ca", tls.client_ca):
            context.load_verify_locations(tls.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return _strict(context)


def _strict(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(_HTTP)
    return context


def _show(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    with _file("cert", cert):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cert)  # says whether there is a certificate at all
    where = "key" if key else "cert"
    with _file(where, key or cert, "private key"):
        try:
            context.load_cert_chain(cert, key, password=_refuse)
        except ssl.SSLError as exc:
            if exc.reason == _NO_MATCH:
                raise _wrong(where, "the key is not that of the certificate", "give the two that belong together") from None
            if (exc.reason or "").endswith(_WEAK):
                hint = "make one with a longer key, signed by SHA-256"
                raise _wrong("cert", f"the certificate in {cert} is too weak", hint) from None
            raise


@contextmanager
def _file(key: str, path: str, content: str = "certificate") -> Iterator[None]:
    """Tell what is wrong with a file.

    Raises:
        ConfigError: If anything is.
    """
    try:
        Path(path).read_bytes()
        yield
    except ssl.SSLError:
        hint = "give the key's file as key" if (key, content) == ("cert", "private key") else f"give a PEM file with a {content}"
        raise _wrong(key, f"there is no {content} in {path}", hint) from None
    except _Locked:
        raise _wrong(key, f"the private key in {path} has a passphrase", "give it without one, readable by plait only") from None
    except OSError as exc:
        raise _wrong(key, f"cannot read {path}: {(exc.strerror or str(exc)).lower()}", "give the path of a PEM file") from None


def _wrong(key: str, message: str, hint: str) -> ConfigError:
    return ConfigError([Problem(key, message, hint, place=(key,))])


def _refuse() -> str:
    """Instead of OpenSSL's own question on the terminal."""
    raise _Locked
