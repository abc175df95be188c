"""The functions that the tests of `python` name."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import msgspec
import numpy as np

from plait.errors import Internal, InvalidRequest
from plait.nodes.code import PythonContext

threads: list[str] = []
hanging = threading.Event()
swallowed: list[str] = []


def double(value: Any, context: PythonContext) -> Any:
    threads.append(threading.current_thread().name)
    return value * 2


async def add_one(value: Any, context: PythonContext) -> Any:
    await asyncio.sleep(0)
    return value + 1


def about(value: Any, context: PythonContext) -> Any:
    return {
        "request": context.request,
        "headers": context.headers,
        "id": context.request_id,
        "step": context.step("a"),
        "left": round(context.seconds_left, 1),
    }


def user(value: Any, context: PythonContext) -> Any:
    return context.headers["x-user"]


def spoil(value: Any, context: PythonContext) -> Any:
    value["x"] = context.request["x"] = "spoiled"
    return None


def raises(value: Any, context: PythonContext) -> Any:
    raise ValueError("the secret is 42")


async def raises_later(value: Any, context: PythonContext) -> Any:
    raise ValueError("the secret is 42")


def leaves(value: Any, context: PythonContext) -> Any:
    raise SystemExit(3)


async def leaves_later(value: Any, context: PythonContext) -> Any:
    raise SystemExit(3)


def refuses(value: Any, context: PythonContext) -> Any:
    raise InvalidRequest("too young", "/age")


def no_json(value: Any, context: PythonContext) -> Any:
    return object()


def array(value: Any, context: PythonContext) -> Any:
    return {"mean": np.float64(0.5), "data": np.array([[1, 2], [3, 4]])}


def hangs(value: Any, context: PythonContext) -> Any:
    hanging.wait(10)
    return None


async def never(value: Any, context: PythonContext) -> Any:
    await asyncio.get_running_loop().create_future()


async def stubborn(value: Any, context: PythonContext) -> Any:
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError:
        swallowed.append("cancelled")
        await asyncio.sleep(5)
    return "late"


def best(answers: dict[str, Any], context: PythonContext) -> Any:
    return max(answers, key=lambda name: answers[name] or 0)


async def names(answers: dict[str, Any], context: PythonContext) -> Any:
    return list(answers)


def one_argument(value: Any) -> Any:
    return value


class Holder:
    @staticmethod
    def inner(value: Any, context: PythonContext) -> Any:
        return [value, context.request_id]


not_callable = 3


class Odd(BaseException):
    """No `Exception`, as a library may have it."""


class Teapot(InvalidRequest):
    status = 420


def leaves_odd(value: Any, context: PythonContext) -> Any:
    raise Odd


def finds_nothing(value: Any, context: PythonContext) -> Any:
    return next(iter(()))


async def closes_later(value: Any, context: PythonContext) -> Any:
    raise GeneratorExit


async def leaves_odd_later(value: Any, context: PythonContext) -> Any:
    raise Odd


def blames_the_proxy(value: Any, context: PythonContext) -> Any:
    raise Internal("the secret is 42")


def unknown_status(value: Any, context: PythonContext) -> Any:
    raise Teapot("the secret is 42")


def no_text(value: Any, context: PythonContext) -> Any:
    raise InvalidRequest("\ud800")


def broken_text(value: Any, context: PythonContext) -> Any:
    return msgspec.Raw(b"}{")


def too_deep(value: Any, context: PythonContext) -> Any:
    answer: list[Any] = []
    for _ in range(65):
        answer = [answer]
    return answer


async def same(value: Any, context: PythonContext) -> Any:
    return value


def looks_back(value: Any, context: PythonContext) -> Any:
    return context.request
