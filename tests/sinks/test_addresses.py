"""Which addresses may be dialled: what the standard library calls global, and no way around that in IPv6."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.http1.addresses import forbidden, networks

FORBIDDEN = [
    "127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "0.1.2.3", "::", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "100.64.0.1", "100.127.255.255",
    "224.0.0.1", "239.1.2.3", "ff02::1", "255.255.255.255", "240.0.0.1", "192.0.2.1",
    "198.51.100.7", "203.0.113.9", "2001:db8::1", "198.18.0.1",
    "192.0.0.8", "192.88.99.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "64:ff9b:1::808:808", "2002:7f00:1::1", "2002:a00:1::",
    "2002:808:808::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "100::1", "5f00::1", "4000::1", "::ffff:0:127.0.0.1",
]  # fmt: skip
ALLOWED = [
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_what_is_not_public_may_not_be_dialled(text: str) -> None:
    assert forbidden(text)


@pytest.mark.parametrize("text", ALLOWED)
def test_what_is_public_may_be_dialled(text: str) -> None:
    assert forbidden(text) == ""


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_is_let_through_that_the_standard_library_does_not_call_global(address: IPv4Address | IPv6Address) -> None:
    if not forbidden(str(address)) and address not in networks(["64:ff9b::/96"])[0]:
        judged = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
        assert judged.is_global
        assert not judged.is_multicast


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "64:ff9b::", "64:ff9b:1::", "::", "::ffff:0:0:0"]))
def test_an_address_of_ipv4_that_is_written_as_one_of_ipv6_is_no_better(address: IPv4Address, prefix: str) -> None:
    if forbidden(str(address)):
        assert forbidden(str(ip_address(int(ip_address(prefix)) | int(address))))


def test_what_is_allowed_is_allowed_in_either_form_and_nothing_beside_it() -> None:
    some = networks(["10.1.0.0/16", "::1/128"])
    assert forbidden("10.1.2.3", some) == forbidden("::ffff:10.1.2.3", some) == forbidden("::1", some) == ""
    assert forbidden("10.2.0.1", some) == forbidden("::ffff:10.2.0.1", some) == "private"
    assert forbidden("64:ff9b::a01:203", some)


def test_what_is_no_address_is_none() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        forbidden("localhost")
