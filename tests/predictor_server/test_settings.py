"""Flags win over variables, variables over defaults."""

from __future__ import annotations

import pytest

from plait.errors import StartError
from plait.predictor_server.settings import Settings, settings


def test_defaults_listen_on_this_machine_only() -> None:
    assert settings({}, model="m.onnx") == Settings("m.onnx", None, "127.0.0.1", 8000, "development")


def test_variables_say_what_flags_do_not() -> None:
    given = {"MODEL_FILEPATH": "m.onnx", "NAME": "m", "HOST": "0.0.0.0", "PORT": "8002", "MODE": "production"}
    assert settings({**given, "MODEL_VERSION": "2"}) == Settings("m.onnx", "m", "0.0.0.0", 8002, "production", "2")


def test_flags_win_over_variables() -> None:
    given = {"MODEL_FILEPATH": "m.onnx", "NAME": "m", "HOST": "0.0.0.0", "PORT": "nonsense"}
    assert settings(given, "other.onnx", "other", "::1", 0) == Settings("other.onnx", "other", "::1", 0, "development")
    assert settings({"MODEL_VERSION": "2"}, "m.onnx", version="3").version == "3"


def test_an_empty_variable_counts_as_missing() -> None:
    assert settings({"MODEL_FILEPATH": "m.onnx", "NAME": "", "HOST": "", "PORT": "", "MODE": ""}) == settings({}, "m.onnx")


def test_production_logs_for_machines() -> None:
    assert (settings({"MODE": "production"}, "m").log_level, settings({"MODE": "production"}, "m").log_json) == ("INFO", True)
    assert (settings({}, "m").log_level, settings({}, "m").log_json) == ("DEBUG", False)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "MODEL_FILEPATH"),
        ({"MODEL_FILEPATH": ""}, "MODEL_FILEPATH"),
        ({"MODEL_FILEPATH": "m", "PORT": "http"}, "PORT"),
        ({"MODEL_FILEPATH": "m", "PORT": "-1"}, "PORT"),
        ({"MODEL_FILEPATH": "m", "PORT": "65536"}, "PORT"),
        ({"MODEL_FILEPATH": "m", "PORT": "9" * 5000}, "PORT"),
        ({"MODEL_FILEPATH": "m", "MODE": "test"}, "MODE"),
    ],
)
def test_a_value_that_cannot_be_is_named(given: dict[str, str], word: str) -> None:
    with pytest.raises(StartError, match=word):
        settings(given)
