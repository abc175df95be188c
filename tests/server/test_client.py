"""By what certificate a client comes: requests say who it is, the same after a renewal, and nobody without one."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from trustme import CA, LeafCert

from plait.http1.certificates import client_context
from plait.http1.messages import Reply, Request, Response
from plait.http1.renewed import server_certificates
from plait.server.app import NOTHING
from plait.spec.tls import PredictorTls, ServerTls
from plait.types import Started
from tests.certificates import Authority
from tests.server.serving import NOBODY, Sides, get, proxy


class Door:
    """A data port that wants certificates of an authority, and who came through it."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.clients: list[str] = []
        cert, key = self.authority.issue(name="server")
        Sides.server = server_certificates(ServerTls(cert=cert, key=key, client_ca=self.authority.file))

    def __call__(self, request: Request, reply: Reply) -> Started:
        self.clients.append(request.client)
        reply(Response(200, b"{}"))
        return NOTHING

    def context(self, leaf: LeafCert) -> ssl.SSLContext:
        cert, key = self.authority.save(leaf, f"client{len(self.clients)}")
        return client_context(PredictorTls(ca=self.authority.file, cert=cert, key=key))

    async def come(self, leaf: LeafCert) -> str:
        """Who a client is that shows this certificate, on each request of a connection."""
        Sides.client = self.context(leaf)
        async with proxy(NOBODY, handler=self) as port, port.client() as client:
            for _ in range(3):  # the last ones have a head that came before
                assert (await client.ask(get("/"))).status == 200
        first, second, third = self.clients[-3:]
        assert first == second == third
        return first


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    yield Door(tmp_path)
    Sides.server = Sides.client = None


def leaf(ca: CA, name: str, unit: str = "u") -> LeafCert:
    return ca.issue_cert(name, organization_name="o", organization_unit_name=unit)


async def test_clients_are_told_apart_and_a_renewed_certificate_is_the_same_client(door: Door) -> None:
    ca = door.authority.own
    first = await door.come(leaf(ca, "first"))
    second = await door.come(leaf(ca, "second"))
    assert first
    assert first != second
    assert await door.come(leaf(ca, "first")) == first
    assert await door.come(leaf(ca, "first", unit="another")) != first


async def test_who_shows_no_certificate_is_nobody(door: Door) -> None:
    cert, key = door.authority.issue(name="open")
    Sides.server, Sides.client = server_certificates(ServerTls(cert=cert, key=key)), door.authority.client()
    async with proxy(NOBODY, handler=door) as port, port.client() as client:
        await client.ask(get("/"))
    assert door.clients == [""]


async def test_without_tls_everybody_is_nobody(door: Door) -> None:
    Sides.server = Sides.client = None
    async with proxy(NOBODY, handler=door) as port, port.client() as client:
        await client.ask(get("/"))
    assert door.clients == [""]
