"""Files that cannot be used are told by the key that names them, with what is wrong and how to mend it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from plait.errors import ConfigError
from plait.http1.certificates import client_context, server_context
from plait.spec.tls import PredictorTls, ServerTls
from tests.certificates import Authority


def locked_key() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    encryption = serialization.BestAvailableEncryption(b"secret")
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


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


Broken = Callable[[Authority, str, str], dict[str, str]]


@pytest.mark.parametrize(
    ("files", "place", "message", "hint"),
    [
        (lambda a, c, k: {"cert": c + "x", "key": k}, "cert", "cannot read {}: no such file", "give the path of a PEM file"),
        (lambda a, c, k: {"cert": c, "key": k + "x"}, "key", "cannot read {}: no such file", "give the path of a PEM file"),
        (lambda a, c, k: {"cert": str(a.folder), "key": k}, "cert", "cannot read {}: is a directory", ""),
        (lambda a, c, k: {"cert": c}, "cert", "there is no private key in {}", "give the key's file as key"),
        (lambda a, c, k: {"cert": k, "key": c}, "cert", "there is no certificate in {}", "give a PEM file with a certificate"),
        (lambda a, c, k: {"cert": c, "key": c}, "key", "there is no private key in {}", "give a PEM file with a private key"),
        (lambda a, c, k: {"cert": a.write("e", b""), "key": k}, "cert", "there is no certificate in {}", ""),
        (lambda a, c, k: {"cert": c, "key": a.issue(name="o")[1]}, "key", "the key is not that of the certificate", "belong together"),
        (lambda a, c, k: {"cert": c, "key": a.write("l", locked_key())}, "key", "the private key in {} has a passphrase", "without one"),
        (lambda a, c, k: {"cert": c, "key": k, "client_ca": k}, "client_ca", "there is no certificate in {}", ""),
    ],
    ids="no-cert no-key directory key-missing swapped key-is-cert empty other-key passphrase bad-ca".split(),
)
def test_a_file_that_cannot_be_used(authority: Authority, files: Broken, place: str, message: str, hint: str) -> None:
    named = files(authority, *authority.issue())
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
