"""docs/operate.md: every line that it gives for a route of the admin API does what it says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from plait.cli.http import send
from tests.e2e.test_admin import Predictor, predictor, running

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PAGE = (Path(__file__).parents[2] / "docs" / "operate.md").read_text()
LINES = re.findall(r"^\| `[A-Z]+ /[^|]*\|[^|]*\| `((?:api|curl) .*)` \|$", PAGE, re.MULTILINE)
BEGINNING = re.findall(r"^\$ (api\(\).*|URL=.*)$", PAGE, re.MULTILINE)
ROUTES = {
    f"{method} {path}"
    for method, paths in re.findall(r"^\| `([A-Z]+) (/.*?) \|", PAGE, re.MULTILINE)
    for path in re.findall(r"/[^`, ]*", f"/{paths.removeprefix('/')}")
}
FILE = """\
predictors:
  first: {{url: "{url}", feedback: {{answer: output.by}}}}
  second: {{url: "{url}"}}
  third: {{url: "{url}"}}
  spare: {{url: "{url}"}}
  old: {{url: "{url}"}}
  nobody: {{url: "http://127.0.0.1:1"}}
graphs:
  predict: {{parallel: [first, second]}}
  fails: nobody
"""


def test_every_line_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    with predictor("p") as server:
        serve_and_type(server, tmp_path)


def serve_and_type(server: Predictor, folder: Path) -> None:
    file = folder / "plait.yaml"
    file.write_text(FILE.format(url=server.url))
    [more] = re.findall(r"```yaml\n(# more\.yaml.*?)```", PAGE, re.DOTALL)
    (folder / "more.yaml").write_text(more)
    with running(file) as here:
        assert send(f"{here.data}/predict", b"{}", {"X-Request-Id": "r1"}).status == 200
        job = send(f"{here.data}/predict/fails", b"{}", {"Prefer": "respond-async"}).headers["location"]
        send(f"{here.data}{job}", headers={"Prefer": "wait=20"})
        for line in LINES:
            text = "\n".join(
                [
                    *BEGINNING,
                    f"URL={here.admin}",
                    f"JOB={job.rpartition('/')[2]}",
                    line.replace("--no-buffer", "--no-buffer --max-time 1"),
                ]
            )
            done = subprocess.run(
                ["/bin/bash", "-c", text], cwd=folder, env={**os.environ}, capture_output=True, text=True, timeout=60, check=False
            )
            expected = 28 if "/events" in line else 0  # curl's word for its time being up
            assert done.returncode == expected, f"{line}\n{done.stdout}{done.stderr}"


def test_the_page_has_a_line_for_every_route(tmp_path: Path) -> None:
    with predictor("p") as server:
        file = tmp_path / "plait.yaml"
        file.write_text(FILE.format(url=server.url))
        with running(file) as here:
            described = send(f"{here.admin}/openapi.json").body.decode()
    import json  # noqa: PLC0415

    told = {f"{method.upper()} {_written(path)}" for path, methods in json.loads(described)["paths"].items() for method in methods}
    assert told - ROUTES == set()


def _written(path: str) -> str:
    for name, shown in (("name", "<name>"), ("number", "<n>"), ("job", "<id>")):
        path = re.sub(f"{{{name}(:entry)?}}", shown, path)
    return path
