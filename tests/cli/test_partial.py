"""Files that are applied: read together, and problems found elsewhere put back to their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.cli.partial import problem_lines, read
from plait.errors import ConfigError, StartError

A = """\
predictors:
  a: {url: "http://127.0.0.1:8000", timeout: 1s}
graphs:
  predict:
    parallel: [a, b]
"""


def written(folder: Path, **files: str) -> list[Path]:
    paths = []
    for name, text in files.items():
        path = folder / name.replace("_", ".")
        path.write_text(text)
        paths.append(path)
    return paths


def test_several_files_in_several_forms_are_one_change(tmp_path: Path) -> None:
    files = written(
        tmp_path,
        a_yaml=A,
        b_json='{"predictors": {"b": {"url": "http://127.0.0.1:8001"}}, "graphs": {"old": null}}',
        c_toml='[predictors.c]\nurl = "http://127.0.0.1:8002"\n',
    )
    data = read(files).data
    assert list(data["predictors"]) == ["a", "b", "c"]
    assert data["graphs"] == {"predict": {"parallel": ["a", "b"]}, "old": None}


def test_variables_are_sent_as_they_are_written(tmp_path: Path) -> None:
    [file] = written(tmp_path, a_yaml='predictors: {a: {url: "${env.A_URL}"}}')
    assert read([file]).data == {"predictors": {"a": {"url": "${env.A_URL}"}}}


def test_the_same_name_in_two_files_is_a_problem_at_its_place(tmp_path: Path) -> None:
    files = written(tmp_path, a_yaml=A, b_yaml="graphs:\n  other: {value: 1}\n  predict: {value: 1}\n")
    with pytest.raises(ConfigError) as caught:
        read(files)
    [problem] = caught.value.problems
    assert (caught.value.source, problem.line, problem.column) == (str(files[1]), 3, 3)
    assert str(problem) == f"graphs.predict: stands in {files[0]} too (leave it in one of the files)"


@pytest.mark.parametrize("section", ["server: {port: 1}", "defaults: {graph: {timeout: 1s}}", "predictors: 5"])
def test_a_section_without_names_stands_in_one_file_only(section: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="too"):
        read(written(tmp_path, a_yaml=section, b_yaml=section))


@pytest.mark.parametrize("text", ["", "5", "[1]", "null"])
def test_a_file_without_sections_is_refused_with_advice(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="write predictors, graphs"):
        read(written(tmp_path, a_yaml=text))


def test_what_is_wrong_with_the_text_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(written(tmp_path, a_yaml="graphs:\n  a: {value: 1}\n  a: {value: .inf}\n"))
    assert [problem.line for problem in caught.value.problems] == [3, 3]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot read"):
        read([tmp_path / "none.yaml"])


def test_problems_have_the_places_of_the_files(tmp_path: Path) -> None:
    files = written(tmp_path, a_yaml=A, b_json='{"predictors": {"b": {"url": "x"}}}')
    told = [
        {"path": "predictors.b.url", "line": 70, "message": "is no address"},
        {"path": "graphs.predict.parallel[1]", "message": "there is no predictor b", "hint": "did you mean a?"},
        {"path": "predictors.a.limit.in_flight", "message": "is too small"},
        {"path": "graphs.other.parallel[0]", "message": "asks what is gone"},
        {"path": "predictors.c", "message": "is broken"},
        {"message": "is too much"},
    ]
    assert read(files).lines(told) == "\n".join(
        [
            f"{files[0]}:2:3 predictors.a.limit.in_flight: is too small",
            f"{files[0]}:5:19 graphs.predict.parallel[1]: there is no predictor b (did you mean a?)",
            f"{files[1]}:1:30 predictors.b.url: is no address",
            "the configuration graphs.other.parallel[0]: asks what is gone",
            "the configuration predictors.c: is broken",
            "the configuration is too much",
        ]
    )


def test_a_problem_that_is_told_oddly_is_still_told() -> None:
    assert problem_lines([{}, {"path": 5, "message": "a\nb"}], "revision 3") == "revision 3 is refused\nrevision 3 5: a�b"
