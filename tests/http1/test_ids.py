"""Which id a request is known by."""

from __future__ import annotations

import os
import re

import pytest

from plait.http1.ids import new_id, request_id

MADE = re.compile("[0-9a-f]{32}")


@pytest.mark.parametrize("given", [b"a", b"A-Z_0.9", b"x" * 128])
def test_a_valid_id_in_the_header_is_kept(given: bytes) -> None:
    assert request_id({b"x-request-id": given}, "id=other") == given.decode()


@pytest.mark.parametrize("given", [b"", b"x" * 129, b"a b", b"a/b", b"a\n", b"\xc3\xa9", b"<script>"])
def test_an_invalid_id_is_replaced(given: bytes) -> None:
    assert MADE.fullmatch(request_id({b"x-request-id": given}, "id=other"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [("id=7", "7"), ("a=b&id=7", "7"), ("id=a%2Db", "a-b"), ("id=7&id=8", "7")],
)
def test_without_the_header_the_parameter_counts(query: str, expected: str) -> None:
    assert request_id({}, query) == expected


@pytest.mark.parametrize("query", ["", "id", "id=", "idx=7", "id=a%20b", "id=%ff", "id=" + "x" * 129])
def test_without_either_an_id_is_made(query: str) -> None:
    assert MADE.fullmatch(request_id({}, query))


def test_made_ids_differ() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000


def test_a_forked_process_makes_ids_of_its_own() -> None:
    new_id()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 32).decode() != new_id()
    os.close(reading)
    os.close(writing)
