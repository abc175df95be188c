"""Which IP addresses may be dialled where users of the API can say whom: public ones, and those that are allowed explicitly."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

# The registries of special addresses: RFC 6890 and what has been added since.
_KINDS: dict[str, tuple[str, ...]] = {
    "this machine": ("127.0.0.0/8", "::1/128"),
    "unspecified": ("0.0.0.0/8", "::/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    "shared by a carrier": ("100.64.0.0/10",),
    "link-local": ("169.254.0.0/16", "fe80::/10"),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "for documentation": (
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20",
    ),
    "for benchmarks": ("198.18.0.0/15", "2001:2::/48"),
    "reserved": (
        "192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "240.0.0.0/4",
        "100::/64", "2001::/23", "2620:4f:8000::/48", "5f00::/16",
    ),
}  # fmt: skip
_FORBIDDEN = [(ip_network(text), kind) for kind, texts in _KINDS.items() for text in texts]
_GLOBAL = ip_network("2000::/3")
"""All that is given out of IPv6 (RFC 4291)."""
_MAPPED, _COMPATIBLE = ip_network("::ffff:0:0/96"), ip_network("::/96")
_TRANSLATED = ip_network("::ffff:0:0:0/96")
_NAT64, _LOCAL_NAT64 = ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48")
_SIX_TO_FOUR, _TEREDO = ip_network("2002::/16"), ip_network("2001::/32")


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks from their texts, such as `10.0.0.0/8`."""
    return tuple(map(ip_network, texts))


def forbidden(text: str, allowed: Iterable[Network] = ()) -> str:
    """Why an address may not be dialled, in a few words; empty if it may.

    An IPv6 address that stands for one of IPv4 is judged as both. What is allowed is compared with the address itself, and with
    the one that it stands for only where that is just another way to write it (`::ffff:10.0.0.1`).

    Args:
        text: An IP address; a zone (`%eth0`) is left out of account.
        allowed: Networks that may be dialled whatever they are.

    Raises:
        ValueError: If it is no address.
    """
    address = ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    for network in allowed:
        if address in network or (mapped is not None and mapped in network):
            return ""
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return _kind(inner) or ("" if address in _MAPPED or address in _NAT64 else "a way around in IPv6")
    return _kind(address)


def _kind(address: IPv4Address | IPv6Address) -> str:
    known = next((kind for network, kind in _FORBIDDEN if address in network), "")
    if known or isinstance(address, IPv4Address) or address in _GLOBAL:
        return known
    return "reserved"


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The address of IPv4 that it stands for, if it does."""
    number = int(address)
    if address in _SIX_TO_FOUR:
        return IPv4Address((number >> 80) & 0xFFFFFFFF)
    if address in _TEREDO:
        return IPv4Address(~number & 0xFFFFFFFF)
    if address in _LOCAL_NAT64 or address in _NAT64 or address in _MAPPED or address in _TRANSLATED:
        return IPv4Address(number & 0xFFFFFFFF)
    if address in _COMPATIBLE and number > 1:
        return IPv4Address(number & 0xFFFFFFFF)
    return None
