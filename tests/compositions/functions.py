"""The functions that the cases of `python` name."""

from __future__ import annotations

from typing import Any

from plait import PythonContext


def grade(value: Any, context: PythonContext) -> Any:
    return {"grade": value["score"] // 10, "of": context.request["score"]}


async def later(value: Any, context: PythonContext) -> Any:
    return [value, context.headers["x-user"]]


def fails(value: Any, context: PythonContext) -> Any:
    raise ValueError("this is for the log only")


def longest(answers: dict[str, Any], context: PythonContext) -> Any:
    return max(answers, key=lambda branch: len(answers[branch]))
