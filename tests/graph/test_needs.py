"""Coupled models: a need that is not met is a problem that names who must change together."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import ConfigError
from plait.graph.check import check
from plait.graph.load import load_text
from plait.graph.needs import unmet
from plait.graph.spec import Config

URL = "http://127.0.0.1:1"


def config(**predictors: dict[str, Any]) -> Config:
    return Config.model_validate({"predictors": {name: {"url": URL, **spec} for name, spec in predictors.items()}})


def found(**predictors: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.message, problem.hint) for problem in check(config(**predictors))]


def test_a_need_that_is_met_is_no_problem() -> None:
    assert found(detector={"version": "2"}, ocr={"needs": {"detector": "2"}}) == []


def test_another_version_is_a_problem_that_names_both() -> None:
    (problem,) = found(detector={"version": "1"}, ocr={"needs": {"detector": "2"}})
    assert problem == (
        "predictors.ocr.needs.detector",
        "needs detector of version 2, which is of version 1",
        "detector and ocr change together: put both of them into one apply",
    )


def test_the_whole_set_that_must_change_is_named_in_the_order_of_the_file() -> None:
    (problem,) = found(
        detector={"version": "1"},
        alone={"version": "1"},
        ocr={"version": "7", "needs": {"detector": "2"}},
        layout={"needs": {"detector": "1"}},
        reader={"needs": {"ocr": "7"}},
    )
    assert problem[2] == "detector, ocr, layout and reader change together: put all of them into one apply"


def test_two_sets_that_do_not_fit_are_told_apart_and_of_many_names_the_first_are_told() -> None:
    chain = {f"p{number:02}": {"version": "1", "needs": {f"p{(number + 1) % 20:02}": "2"}} for number in range(20)}
    hints = {hint for _, _, hint in found(**chain, a={"version": "1"}, b={"needs": {"a": "2"}})}
    first = ", ".join(f"p{number:02}" for number in range(10))
    assert hints == {
        f"{first}, … and p19 change together: put all of them into one apply",
        "a and b change together: put both of them into one apply",
    }


def test_a_predictor_that_does_not_say_its_version_meets_no_need() -> None:
    ((_, message, hint),) = found(detector={}, ocr={"needs": {"detector": "2"}})
    assert message == "needs detector of version 2, which does not say its version"
    assert hint == "detector and ocr change together: put both of them into one apply"


def test_versions_are_compared_whole() -> None:
    ((_, message, _),) = found(detector={"version": "2.0"}, ocr={"needs": {"detector": "2"}})
    assert message == "needs detector of version 2, which is of version 2.0"


@pytest.mark.parametrize(
    ("name", "hint"), [("detctor", "did you mean detector?"), ("xyz", "there are detector"), ("ocra", "there are detector")]
)
def test_an_unknown_predictor_is_a_problem_with_a_hint_that_is_never_the_one_that_needs_it(name: str, hint: str) -> None:
    assert found(detector={}, ocr={"needs": {name: "2"}}) == [
        (f"predictors.ocr.needs.{name}", f"there is no predictor {name}", hint)
    ]


def test_one_that_needs_itself_is_a_problem() -> None:
    assert found(ocr={"version": "2", "needs": {"ocr": "2"}}) == [
        ("predictors.ocr.needs.ocr", "needs itself", "leave it out; what runs there is its version")
    ]


def test_two_that_need_each_other_are_fine() -> None:
    assert found(a={"version": "1", "needs": {"b": "1"}}, b={"version": "1", "needs": {"a": "1"}}) == []


def test_one_that_is_taken_out_needs_nothing() -> None:
    assert found(detector={"version": "1"}, ocr={"needs": {"detector": "2"}, "enabled": False}) == []


def test_one_that_is_needed_may_be_taken_out_which_is_a_warning() -> None:
    text = (
        f'predictors: {{detector: {{url: "{URL}", version: "2", enabled: false}}, ocr: {{url: "{URL}", needs: {{detector: "2"}}}}}}'
    )
    (warning,) = load_text(f"{text}\ngraphs: {{predict: ocr}}", {}).warnings
    where = "plait.yaml:1:134 predictors.ocr.needs.detector"
    assert warning == f"{where}: needs detector, which is taken out (enable detector, or take ocr out too)"


def test_a_file_with_an_unmet_need_is_refused_with_its_line() -> None:
    detector, ocr = f'  detector: {{url: "{URL}"}}\n', f'  ocr:\n    url: "{URL}"\n    needs:\n      detector: "2"\n'
    text = f"predictors:\n{detector}{ocr}graphs: {{predict: ocr}}\n"
    with pytest.raises(ConfigError) as caught:
        load_text(text, {})
    (problem,) = caught.value.problems
    assert (problem.path, problem.line, problem.column) == ("predictors.ocr.needs.detector", 6, 17)


def test_a_needed_predictor_that_is_wrong_by_itself_is_the_only_problem() -> None:
    text = (
        f'predictors: {{detector: {{version: "2"}}, ocr: {{url: "{URL}", needs: {{detector: "2"}}}}}}\ngraphs: {{predict: ocr}}\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_text(text, {})
    assert [problem.path for problem in caught.value.problems] == ["predictors.detector"]


# Laws.

NAMES = st.sampled_from("abcdef")
VERSIONS = st.sampled_from(["1", "2"])
PREDICTORS = st.dictionaries(
    NAMES,
    st.fixed_dictionaries({"needs": st.dictionaries(NAMES, VERSIONS, max_size=3)}, optional={"version": VERSIONS}),
    max_size=6,
)


@given(PREDICTORS)
def test_a_configuration_is_sound_exactly_when_each_need_is_the_others_version(predictors: dict[str, dict[str, Any]]) -> None:
    wrong = {
        f"predictors.{name}.needs.{other}"
        for name, spec in predictors.items()
        for other, version in spec["needs"].items()
        if other == name or predictors.get(other, {}).get("version") != version
    }
    assert {problem.path for problem in unmet(config(**predictors))} == wrong


@given(PREDICTORS, st.randoms(use_true_random=False))
def test_the_order_of_the_file_changes_no_verdict(predictors: dict[str, dict[str, Any]], chance: random.Random) -> None:
    names = list(predictors)
    chance.shuffle(names)
    shuffled = {name: predictors[name] for name in names}
    said = [{(problem.path, problem.message) for problem in unmet(config(**each))} for each in (predictors, shuffled)]
    assert said[0] == said[1]
