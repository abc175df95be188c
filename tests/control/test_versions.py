"""The version that runs is asked for at each address, and one that must be another keeps a configuration from becoming active."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from plait.control.versions import AT_ONCE, Said, differences, version_of, versions
from plait.graph.spec import Config
from plait.testing import RawServer
from plait.testing.server import ok, read_request

pytestmark = pytest.mark.sockets
GONE = "http://127.0.0.1:1"


def telling(version: Any) -> bytes:
    return ok(json.dumps({"name": "a", "version": version}).encode())


def config(**predictors: dict[str, Any]) -> Config:
    return Config.model_validate({"predictors": predictors})


def only(*urls: str, **more: Any) -> Config:
    return config(a={"urls": urls, "version": "2", **more})


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def wrong(asked: Config, running: Config | None = None) -> list[str]:
    return [str(problem) for problem in (await differences(asked, running)).problems]


async def test_each_address_says_what_runs_there() -> None:
    async with RawServer(telling("2")) as one, RawServer(telling("1")) as other:
        found = (await versions(only(one.url, other.url)))["a"]
    at = {f"127.0.0.1:{one.port}": Said("2"), f"127.0.0.1:{other.port}": Said("1")}
    assert (found.declared, found.said, found.matches) == ("2", at, False)
    assert one.requests[0].startswith(b"GET /metadata?id=version HTTP/1.1\r\n")
    assert found.facts()["addresses"][f"127.0.0.1:{other.port}"] == {"version": "1", "error": None}
    assert found.facts()["reported"] == "1, 2"


async def test_where_all_that_say_any_say_the_same_it_matches() -> None:
    async with RawServer(telling("2")) as one, RawServer(telling(None)) as other:
        found = (await versions(only(one.url, other.url, GONE)))["a"]
    assert found.matches is True
    assert found.said["127.0.0.1:1"].error is not None


async def test_where_none_says_any_nothing_is_claimed() -> None:
    async with RawServer(telling(None)) as server, RawServer(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n") as other:
        found = (await versions(only(server.url, other.url)))["a"]
    assert found.matches is None
    assert (found.facts()["matches"], found.facts()["reported"]) == (None, None)


async def test_only_predictors_that_name_a_version_and_are_enabled_are_asked() -> None:
    async with RawServer(telling("2")) as server:
        asked = config(a={"url": server.url}, b={"url": server.url, "version": "1", "enabled": False})
        assert await versions(asked) == {}
        assert server.connections == 0


async def test_one_that_is_silent_is_waited_for_no_longer_than_its_timeout() -> None:
    async with RawServer(silent) as server:
        found = (await versions(only(server.url, timeout="50ms")))["a"]
    assert found.said == {f"127.0.0.1:{server.port}": Said(error="no answer in 50 ms")}


async def test_one_whose_timeout_is_long_is_not_waited_for_so_long() -> None:
    async with RawServer(silent) as server:
        found = (await versions(only(server.url, timeout="10m"), each=0.05))["a"]
    assert found.said == {f"127.0.0.1:{server.port}": Said(error="it did not answer within 0.05 s")}


async def test_many_are_asked_some_at_a_time() -> None:
    now = most = 0
    full = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        await read_request(reader)
        now += 1
        most = max(most, now)
        if now == AT_ONCE:  # whoever else may ask does so before these are answered
            asyncio.get_running_loop().call_later(0.1, full.set)
        await full.wait()
        now -= 1
        writer.write(telling("2"))
        await reader.read()

    async with RawServer(script) as server:
        asked = config(**{f"p{number}": {"url": server.url, "version": "2", "timeout": "10s"} for number in range(3 * AT_ONCE)})
        found = await versions(asked)
    assert {each.matches for each in found.values()} == {True}
    assert most == AT_ONCE


async def test_who_has_not_been_asked_in_time_is_not_known() -> None:
    async with RawServer(telling("2")) as server:
        found = (await versions(only(server.url), within=0.0))["a"]
        assert server.connections == 0
    assert (found.matches, [each.error for each in found.said.values()]) == (None, ["there was no time to ask it"])


async def test_a_name_that_stands_for_many_addresses_is_asked_at_each_and_probed_at_none() -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"] if host == "model" else []

    async with RawServer(telling("2")) as server:
        asked = only(f"dns+http://model:{server.port}", f"dns+http://other:{server.port}", health={"path": "/health"})
        found = (await versions(asked, resolver=resolver))["a"]
    assert found.said == {f"127.0.0.1:{server.port}": Said("2")}
    assert [request.split(b"?")[0] for request in server.requests] == [b"GET /metadata"]


async def test_one_whose_name_does_not_resolve_in_time_is_not_known() -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        raise AssertionError

    found = await versions(only("dns+http://model:1", timeout="20ms"), resolver=resolver)
    assert found["a"].said == {"a": Said(error="its host's name did not resolve in time")}


@pytest.mark.parametrize(
    ("metadata", "version"),
    [
        (b'{"version": "2"}', "2"),
        (b'{"version": 2}', "2"),
        (b'{"version": 1.10}', "1.10"),
        (b'{"version": 1e999}', None),
        (b'{"version": ""}', None),
        (b'{"version": null}', None),
        (b'{"version": true}', None),
        (b'{"version": ["2"]}', None),
        (b"{}", None),
        (b"[]", None),
    ],
)
def test_a_version_is_a_text_or_a_number_as_it_is_written(metadata: bytes, version: str | None) -> None:
    assert version_of(metadata) == version


# Enforced.


async def test_another_version_keeps_a_configuration_from_becoming_active() -> None:
    async with RawServer(telling("1")) as server:
        at = f"127.0.0.1:{server.port}"
        assert await wrong(only(server.url, enforce=True)) == [
            f"predictors.a.version: is 2, but what runs is 1 at {at} (have 2 run there first, or leave enforce out)"
        ]
        assert await wrong(only(server.url)) == []
        problems, warnings = await differences(only(server.url))
        said = f"predictors.a.version: is 2, but what runs is 1 at {at} (have 2 run there first)"
        assert (problems, [str(warning) for warning in warnings]) == ([], [said])


async def test_what_is_not_known_of_one_that_enforces_nothing_is_not_told() -> None:
    async with RawServer(telling(None)) as server:
        assert await differences(only(server.url, GONE)) == ([], [])


async def test_the_right_one_does_not_even_where_a_replica_is_gone() -> None:
    async with RawServer(telling("2")) as server:
        assert await wrong(only(server.url, GONE, enforce=True)) == []


async def test_a_replica_that_says_none_does() -> None:
    async with RawServer(telling("2")) as one, RawServer(telling(None)) as other:
        (problem,) = await wrong(only(one.url, other.url, enforce=True))
    where = f"127.0.0.1:{other.port}"
    said = f"is 2, but the /metadata of {where} says no version (have it say its version, or leave enforce out)"
    assert problem == f"predictors.a.version: {said}"


async def test_so_does_a_predictor_that_cannot_be_asked() -> None:
    (problem,) = await wrong(only(GONE, enforce=True))
    assert problem.startswith("predictors.a.version: is 2, but nobody can be asked whether it is (127.0.0.1:1: ")
    assert problem.endswith(" (start it first, or leave enforce out)")


async def test_one_that_is_as_it_was_keeps_nobody_from_changing_others() -> None:
    active = only(GONE, enforce=True)
    other = active.model_copy(update={"predictors": {**active.predictors, **config(b={"url": GONE}).predictors}})
    assert await wrong(other, active) == []
    assert len(await wrong(other, only(GONE, enforce=False))) == 1
    assert len(await wrong(other, config(a={"url": GONE, "version": "1", "enforce": True}))) == 1
    assert len(await wrong(other, only("http://127.0.0.1:2", enforce=True))) == 1
    assert len(await wrong(other, only(GONE, enforce=True, enabled=False))) == 1
