"""Files that cannot be used are told by the key that names them, with what is wrong and how to mend it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from plait.errors import ConfigError
from plait.http1.certificates import client_context, server_context
from plait.spec.tls import PredictorTls, ServerTls
from tests.certificates import Authority, self_signed


def locked_key() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_a_key_may_stand_in_the_certificate_s_file(authority: Authority) -> None:
    both = authority.write("both.pem", authority.own.issue_cert("a").private_key_and_cert_chain_pem.bytes())
    assert server_context(ServerTls(cert=both)).verify_mode == ssl.CERT_NONE
    assert server_context(ServerTls(cert=both, client_ca=both)).verify_mode == ssl.CERT_REQUIRED


def test_a_server_s_certificate_is_always_verified(authority: Authority) -> None:
    for tls in (PredictorTls(), PredictorTls(ca=authority.file)):
        context = client_context(tls)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    ("files", "place", "message", "hint"),
    [
        ({"cert": "none"}, "cert", "cannot read {}: no such file", "give the path of a PEM file"),
        ({"key": "none"}, "key", "cannot read {}: no such file", "give the path of a PEM file"),
        ({"cert": "."}, "cert", "cannot read {}: is a directory", "give the path of a PEM file"),
        ({"key": ""}, "cert", "there is no private key in {}", "give the key's file as key"),
        ({"cert": "leaf.key", "key": "leaf.pem"}, "cert", "there is no certificate in {}", "give a PEM file with a certificate"),
        ({"key": "leaf.pem"}, "key", "there is no private key in {}", "give a PEM file with a private key"),
        ({"cert": "empty"}, "cert", "there is no certificate in {}", "give a PEM file with a certificate"),
        ({"cert": "weak.pem", "key": "weak.key"}, "cert", "the certificate in {} is too weak", "make one with a longer key"),
        ({"key": "other.key"}, "key", "the key is not that of the certificate", "give the two that belong together"),
        ({"key": "locked"}, "key", "the private key in {} has a passphrase", "give it without one"),
        ({"client_ca": "leaf.key"}, "client_ca", "there is no certificate in {}", "give a PEM file with a certificate"),
    ],
    ids="no-cert no-key directory no-key-in-it swapped key-is-cert empty weak other-key passphrase bad-ca".split(),
)
def test_a_file_that_cannot_be_used(authority: Authority, files: dict[str, str], place: str, message: str, hint: str) -> None:
    authority.issue()
    authority.issue(name="other")
    authority.write("empty", b"")
    authority.write("locked", locked_key())
    for name, data in zip(("weak.pem", "weak.key"), self_signed("127.0.0.1", 1024), strict=True):
        authority.write(name, data)
    names = {"cert": "leaf.pem", "key": "leaf.key", **files}
    named = {key: str(authority.folder / name) for key, name in names.items() if name}
    with pytest.raises(ConfigError) as caught:
        server_context(ServerTls(**named))
    (problem,) = caught.value.problems
    assert problem.place == (place,)
    assert message.format(named[place]) in problem.message
    assert hint in problem.hint


def test_a_predictor_s_files_are_told_too(authority: Authority) -> None:
    cert, _ = authority.issue()
    for named, place in (({"ca": "none.pem"}, "ca"), ({"cert": cert}, "cert")):
        with pytest.raises(ConfigError) as caught:
            client_context(PredictorTls(**named))
        assert caught.value.problems[0].place == (place,)
