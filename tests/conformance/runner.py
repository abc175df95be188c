"""Ask a server every case over a raw socket, and judge what comes back.

It needs a server whose `/predict` answers with the JSON that it was given, and whose `/health` answers 200.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from tests.conformance.case import CLOSE, Case, get
from tests.conformance.heard import Heard, Misheard, heard

GRAPHS = {"predict": {"transform": "${request}"}}
"""What such a server runs."""

PATIENCE = 5.0
AT_ONCE = 16
MULTIPLE_CHOICES = 300
_END = "the-end"
_AFTER = get(b"/nothing-is-here", b"X-Request-Id: " + _END.encode())


@dataclass(frozen=True)
class Verdict:
    """What became of a case; `fault` is empty if that was right."""

    case: Case
    said: str
    fault: str


async def judge(port: int, cases: Iterable[Case]) -> list[Verdict]:
    """Every case, some at a time, each over a connection of its own."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> Verdict:
        async with gate:
            return await verdict(port, case)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(case)) for case in cases]
    return [task.result() for task in tasks]


async def verdict(port: int, case: Case) -> Verdict:
    """Ask one case."""
    try:
        async with asyncio.timeout(PATIENCE):
            answers, closed = await _asked(port, case)
    except TimeoutError:
        return Verdict(case, "silence", "it neither answers nor closes")
    except Misheard as exc:
        return Verdict(case, "no answer", str(exc))
    final = [answer for answer in answers if answer.status >= 200]
    said = " ".join([*(str(answer.status) for answer in answers), *(["close"] if closed else [])])
    return Verdict(case, said, _fault(case, final, closed=closed))


async def _asked(port: int, case: Case) -> tuple[list[Heard], bool]:
    """The answers to a case, and whether the connection ended after them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(case.data if case.ends else case.data + _AFTER)
        if case.ends:
            writer.write_eof()
        return await _heard(reader, head=case.data.startswith(b"HEAD"))
    finally:
        writer.transport.abort()


async def _heard(reader: asyncio.StreamReader, *, head: bool) -> tuple[list[Heard], bool]:
    answers: list[Heard] = []
    data = b""
    while True:
        while (found := heard(data, head=head and not answers)) is not None:
            answer, data = found
            if answer.headers.get("x-request-id") == _END:
                return answers, False
            answers.append(answer)
        piece = b""
        with suppress(ConnectionResetError):
            piece = await reader.read(1 << 16)
        if not piece:
            if data:
                raise Misheard("it closes in the middle of an answer")
            return answers, True
        data += piece


def _fault(case: Case, final: list[Heard], *, closed: bool) -> str:
    """What is wrong with the outcome."""
    if not final and not closed:
        return "it took these bytes for none"
    status = final[0].status if final else CLOSE
    if status not in case.allowed:
        return f"allowed are {sorted(case.allowed)}"
    if len(final) > case.answers:
        return "it answered a request that was smuggled in"
    if case.closes not in (None, closed):
        return "the connection must end" if case.closes else "the connection must go on"
    return _fault_within(case, final[0]) if final else ""


def _fault_within(case: Case, answer: Heard) -> str:
    if case.value is not None and answer.status < MULTIPLE_CHOICES and answer.value != case.value:
        return "it took something else for the body"
    if case.holds is not None and not case.holds(answer):
        return "the answer lacks what it must have"
    return ""
