"""What a file says of TLS: towards a predictor, and towards clients."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from plait.spec.address import is_host
from plait.spec.base import Spec


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError("is no path; write that of a PEM file, absolute or relative to this one")
    return text


def _server_name(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if not is_host(text) or text.endswith("."):
            raise ValueError("is no name of a host; write it as the certificate does, such as model.internal") from None
    return text


PemFile = Annotated[str, AfterValidator(_path)]
"""A file with certificates, a key or both, as text in PEM."""


class _Files(Spec):
    """Files by key."""

    @property
    def files(self) -> dict[str, str]:
        """The path of each file that is given, by its key."""
        return {key: path for key, path in self if path is not None and key != "server_name"}

    def within(self, folder: Path) -> Self:
        """The same with absolute paths."""
        return self.model_copy(update={key: str(folder / path) for key, path in self.files.items()})


class PredictorTls(_Files):
    """Whom an `https` predictor is believed by, and how plait shows who it is."""

    ca: PemFile | None = None
    """The certificates that vouch for the predictor's; by default those that the system trusts."""
    cert: PemFile | None = None
    """plait's own certificate, with those between it and the authority's, for a predictor that asks for one."""
    key: PemFile | None = None
    """The certificate's key, without a passphrase; by default it is in the certificate's file."""
    server_name: Annotated[str, AfterValidator(_server_name)] | None = None
    """The name that the predictor's certificate must have; by default the URL's host."""

    @model_validator(mode="after")
    def _key_has_a_cert(self) -> Self:
        if self.key is not None and self.cert is None:
            raise ValueError("has a key without its certificate; add cert: …, or leave key out")
        return self


class ServerTls(_Files):
    """The certificate by which the data port speaks TLS, and no plain HTTP any more."""

    cert: PemFile
    """The certificate, with those between it and the authority's."""
    key: PemFile | None = None
    """The certificate's key, without a passphrase; by default it is in the certificate's file."""
    client_ca: PemFile | None = None
    """The certificates that vouch for clients'; with it, only clients that show such a certificate are served."""
