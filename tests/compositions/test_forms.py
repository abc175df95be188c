"""A partial answer, and all or nothing, in every form: envelope, both streams, and the clients."""

from __future__ import annotations

import json

import pytest

from plait.errors import PlaitError
from tests.client.asking import Awaited, Kind, Threaded, client_of
from tests.compositions.case import Answered, Case, Failed
from tests.compositions.graphs import ALL_OR_NOTHING, WHAT_THERE_IS
from tests.compositions.run import request, served, statuses, told_answer, told_envelope, told_error, told_problem
from tests.server.streaming import NDJSON, SSE, chunks, event, head

both_cases = pytest.mark.parametrize("case", [WHAT_THERE_IS, ALL_OR_NOTHING], ids=str)


async def test_the_envelope_has_every_part_with_its_facts() -> None:
    async with served(WHAT_THERE_IS) as (front, _), front.client() as client:
        answer = await client.ask(request(WHAT_THERE_IS, b"Accept: application/vnd.plait+json"))
    assert told_envelope(answer.json) == WHAT_THERE_IS.gives
    assert (answer.headers["x-plait-complete"], answer.json["request_id"]) == ("false", answer.headers["x-request-id"])
    facts = {key: (part["code"], part["attempts"], bool(part["error"])) for key, part in answer.json["parts"].items()}
    assert facts == {"quick": (200, 1, False), "gone": (None, 3, True), "slow": (None, 1, True)}
    assert answer.json["parts"]["gone"]["endpoint"] == "127.0.0.1:1"
    assert 200 <= answer.json["parts"]["slow"]["ms"] < 1000


@pytest.mark.parametrize("accept", [SSE, NDJSON], ids=["event-stream", "ndjson"])
@both_cases
async def test_both_streams_have_each_part_and_then_the_result_or_the_problem(case: Case, accept: bytes) -> None:
    async with served(case) as (front, _), front.client() as client:
        client.writer.write(request(case, accept))
        assert (await head(client))[0] == 200
        pieces = await chunks(client)
    events = [event(piece)[1] if accept == SSE else json.loads(piece) for piece in pieces]
    *parts, last = events
    assert statuses({part["part"]: part for part in parts}) == case.gives.parts
    assert [(part["part"], part["node"], part["output"]) for part in parts if "output" in part] == [("quick", "predict/quick", 1)]
    assert parts[-1]["part"] == "slow"
    assert (told_envelope if isinstance(case.gives, Answered) else told_problem)(last) == case.gives


@pytest.mark.parametrize("kind", [Threaded, Awaited], ids=["Client", "AsyncClient"])
@both_cases
async def test_both_clients_say_the_same(case: Case, kind: Kind) -> None:
    async with served(case) as (front, _), client_of(kind, f"http://127.0.0.1:{front.port}") as client:
        streamed = await client.stream("predict")
        assert {part.key: part.status for part in streamed.parts} == case.gives.parts
        if isinstance(case.gives, Failed):
            with pytest.raises(PlaitError) as caught:
                await client.ask("predict", {})
            assert told_error(caught.value) == told_error(streamed.error) == case.gives
        else:
            assert told_answer(await client.ask("predict", {})) == told_answer(streamed.answer) == case.gives
            assert await client.call("predict", {}) == case.gives.result
