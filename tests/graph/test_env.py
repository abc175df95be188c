from typing import Any

import pytest

from plait.graph.env import substitute

ENVIRON = {"HOST": "models", "PORT": "8000", "EMPTY": "", "lower_1": "x", "CODE": "${input}"}


def replaced(value: Any):
    problems = []
    found = substitute(value, ENVIRON, lambda at, message, hint: problems.append((at, message, hint)))
    return found, problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("http://${env.HOST}:${env.PORT}/x", "http://models:8000/x"),
        ("${env.PORT}", "8000"),
        ("${ env.PORT }", "8000"),
        ("<${env.EMPTY}>", "<>"),
        ("${env.lower_1}", "x"),
        ("$${env.HOST}", "$${env.HOST}"),
        ("$$${env.HOST}", "$$${env.HOST}"),
        ("${input.env.HOST}", "${input.env.HOST}"),
        ("${environment} ${envy.x} $env.HOST", "${environment} ${envy.x} $env.HOST"),
        ("${env.HOST} of ${input}", "models of ${input}"),
    ],
)
def test_variables_are_replaced_in_text(text: str, value: Any):
    assert replaced(text) == (value, [])


def test_values_at_any_depth_are_replaced_and_keys_are_not():
    value = {"${env.HOST}": [1, None, True, {"a": "${env.HOST}"}]}
    assert replaced(value) == ({"${env.HOST}": [1, None, True, {"a": "models"}]}, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${env.NOPE}", "the environment variable NOPE is not set"),
        ("${env}", "names no environment variable"),
        ("${env.}", "names no environment variable"),
        ("${env['HOST']}", "names no environment variable"),
        ("${env.HOST.x}", "names no environment variable"),
        ("${env.CODE}", "the environment variable CODE contains ${"),
    ],
)
def test_what_cannot_be_replaced_is_a_problem_and_stays(text: str, message: str):
    found, ((at, said, hint),) = replaced({"a": [text]})
    assert (found, at, said) == ({"a": [text]}, ("a", 0), message)
    assert hint


def test_every_missing_variable_is_told():
    assert len(replaced(["${env.A} ${env.B}", "${env.C}"])[1]) == 3
