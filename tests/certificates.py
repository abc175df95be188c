"""An authority that the tests trust, and files with certificates that it has issued."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from trustme import CA, LeafCert

from plait.http1.certificates import client_context, server_context
from plait.spec.tls import PredictorTls, ServerTls

HOST = "127.0.0.1"


@dataclass
class Authority:
    """Issues certificates into a folder."""

    folder: Path
    own: CA = field(default_factory=CA)

    @property
    def file(self) -> str:
        """Its own certificate."""
        return self.write("ca.pem", self.own.cert_pem.bytes())

    def write(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def issue(self, *hosts: str, name: str = "leaf") -> tuple[str, str]:
        """A certificate and its key."""
        return self.save(self.own.issue_cert(*(hosts or (HOST,))), name)

    def save(self, leaf: LeafCert, name: str = "leaf") -> tuple[str, str]:
        chain = b"".join(each.bytes() for each in leaf.cert_chain_pems)
        return self.write(f"{name}.pem", chain), self.write(f"{name}.key", leaf.private_key_pem.bytes())

    def server(self, *hosts: str, clients: str | None = None) -> ssl.SSLContext:
        """A server's side."""
        cert, key = self.issue(*hosts, name="server")
        return server_context(ServerTls(cert=cert, key=key, client_ca=clients))

    def client(self, **options: str) -> ssl.SSLContext:
        """The side of a client that trusts it."""
        return client_context(PredictorTls(ca=self.file, **options))


def self_signed(host: str, bits: int = 2048) -> tuple[bytes, bytes]:
    """A certificate that vouches for itself, and its key."""
    key = rsa.generate_private_key(65537, bits)
    name = x509.Name([])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
    made = builder.add_extension(alternative, critical=True).sign(key, SHA256())
    return made.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
