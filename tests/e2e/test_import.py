"""plait import kserve, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.processes import run

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

GRAPH = """\
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: model-chainer}
spec:
  nodes:
    root:
      routerType: Sequence
      steps:
      - {name: first, serviceUrl: "http://127.0.0.1:1/x"}
      - {name: second, serviceUrl: "http://127.0.0.1:1/y", data: $response}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "graph.yaml"
    path.write_text(GRAPH)
    return path


def test_the_file_goes_to_standard_output_and_the_list_to_standard_error(file: Path) -> None:
    done = run("import", "kserve", str(file))
    assert done.returncode == 0
    assert "model_chainer:\n    sequence:\n    - first\n    - second\n" in done.stdout
    assert "warning: spec.nodes.root.steps[0]: soft: a failure ends the graph" in done.stderr


def test_a_file_that_is_written_passes_the_check(file: Path, tmp_path: Path) -> None:
    made = tmp_path / "plait.yaml"
    made.write_text("what was here before")
    done = run("import", "kserve", str(file), "-o", str(made))
    assert (done.returncode, done.stdout) == (0, "")
    checked = run("check", str(made))
    assert (checked.returncode, checked.stdout) == (0, f"{made}: 2 predictors, 1 graph, no problems\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            GRAPH.replace("InferenceGraph", "InferenceService"),
            "graph.yaml has no InferenceGraph, only InferenceService model-chainer",
        ),
        (GRAPH.replace("root", "start"), "graph.yaml:5:3 spec.nodes: there is no node root"),
    ],
)
def test_what_cannot_be_imported_is_one_clear_line_and_writes_nothing(file: Path, tmp_path: Path, text: str, said: str) -> None:
    file.write_text(text)
    made = tmp_path / "plait.yaml"
    done = run("import", "kserve", str(file), "-o", str(made))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert said in done.stderr
    assert not made.exists()


def test_files_that_cannot_be_read_or_written_are_one_clear_line(file: Path, tmp_path: Path) -> None:
    for arguments, said in (
        ((str(tmp_path / "nosuch.yaml"),), "cannot read"),
        ((str(tmp_path),), "cannot read"),
        ((str(file), "-o", str(tmp_path / "nosuch" / "plait.yaml")), "cannot write"),
        ((str(file), "-o", str(file)), "is what is read; name another file to write"),
    ):
        done = run("import", "kserve", *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert said in done.stderr
    assert file.read_text() == GRAPH


def test_wrong_usage_is_exit_code_2() -> None:
    assert run("import", "kserve").returncode == 2
    assert run("import", "seldon", "x.yaml").returncode == 2
