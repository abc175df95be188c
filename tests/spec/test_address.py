"""Addresses of predictors, from text."""

from __future__ import annotations

import pytest

from plait.spec.address import Address, parse_service, parse_url


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://a", Address("a", 80, "")),
        ("http://a:8000/x", Address("a", 8000, "/x")),
        ("https://a", Address("a", 443, "", tls=True)),
        ("https://a/", Address("a", 443, "", tls=True)),
        ("https://a.b:8443/v1/x", Address("a.b", 8443, "/v1/x", tls=True)),
        ("https://[::1]:8443", Address("::1", 8443, "", tls=True)),
    ],
)
def test_a_url_names_an_address(text: str, address: Address) -> None:
    assert parse_url(text) == address


@pytest.mark.parametrize(
    "text", ["ftp://a", "a:1", "wss://a", "https://", "https://u:p@a", "https://a?x", "https://a:0", "https://a..b"]
)
def test_what_is_none_is_refused_with_advice(text: str) -> None:
    with pytest.raises(ValueError, match=r"; |needs a port|must be a plain"):
        parse_url(text)


def test_a_service_without_a_scheme_is_plain_http() -> None:
    assert parse_service("a:443") == "http://a:443"
    assert parse_service("https://a") == "https://a"
