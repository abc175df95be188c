"""What of an answer is compared with the truth is checked at load."""

from __future__ import annotations

import asyncio

import pytest

from plait.clock import Clock
from plait.errors import ConfigError
from plait.graph.feedback import compared
from plait.graph.load import load_text
from plait.types import Context, Message, Run

FILE = """\
predictors:
  a:
    url: "http://127.0.0.1:1"
    feedback: {FEEDBACK}
graphs: {predict: a}
"""
AS = "write what is compared with the truth, such as output.label"


def problems(feedback: str) -> list[str]:
    try:
        load_text(FILE.replace("FEEDBACK", feedback), {})
    except ConfigError as exc:
        return [f":{problem.line} {problem}" for problem in exc.problems]
    return []


@pytest.mark.parametrize(
    "feedback", ["answer: output.label", "answer: output", "answer: 'output.p > 0.5'", "answer: output, window: 10"]
)
def test_a_sound_one_is_no_problem(feedback: str) -> None:
    assert problems(feedback) == []


@pytest.mark.parametrize(
    ("feedback", "said"),
    [
        (
            "answer: input.label",
            f"answer: looks at input, but only the predictor's answer is known when the truth comes ({AS})",
        ),
        ("answer: '1 + 1'", f"answer: does not look at the predictor's answer ({AS})"),
        ("answer: outpt.label", "answer: column 6: there is no outpt here (did you mean output?)"),
        ("answer: output, exclude_below: 80%, window: 10", "least: 50 answers are never known where the latest 10 count "),
    ],
)
def test_what_can_never_be_compared_is_a_problem_with_its_place(feedback: str, said: str) -> None:
    (problem,) = problems(feedback)
    assert problem.startswith(f":4 predictors.a.feedback.{said}")


@pytest.mark.parametrize("text", ["output.", "output.label ==", "output + 1 > '2'"])
def test_no_cel_is_a_problem(text: str) -> None:
    (problem,) = problems(f'answer: "{text}"')
    assert problem.startswith(":4 predictors.a.feedback.answer: ")


async def test_a_bound_one_needs_the_answer_alone() -> None:
    nowhere = Message(b"null")
    context = Context(Run(nowhere, Clock(asyncio.get_running_loop())), 0.0)
    assert compared("output.label")(context, nowhere, Message(b'{"label": "cat"}')).value == "cat"
