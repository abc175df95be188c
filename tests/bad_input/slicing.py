"""Bytes cut as a network may cut them."""

from __future__ import annotations

import asyncio
import zlib
from random import Random

from tests.server.serving import Client

SHORT = 400
RANDOM = 3


def slicings(data: bytes) -> list[list[bytes]]:
    """The bytes whole; one by one, if they are few; and cut at random, always the same for the same bytes."""
    found = [[data]]
    if len(data) <= SHORT:
        found.append([data[at : at + 1] for at in range(len(data))])
    random = Random(zlib.crc32(data))
    for _ in range(RANDOM):
        places = sorted(random.sample(range(1, len(data)), min(4, len(data) - 1)))
        found.append([data[begin:end] for begin, end in zip([0, *places], [*places, len(data)], strict=True)])
    return found


async def send(client: Client, pieces: list[bytes]) -> None:
    """Write piece by piece; the server reads each before the next one comes."""
    for piece in pieces:
        client.writer.write(piece)
        await asyncio.sleep(0)
