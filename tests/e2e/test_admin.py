"""Changing a plait that runs, by the commands as they are typed."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from threading import Event, Thread
from typing import Any

import pytest

from plait.cli.http import send
from tests.e2e.processes import Plait, plait, run

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ADMIN = re.compile(r"the admin API is on (http://\S+)$")
DATA = re.compile(r"plait serves .* on (http://\S+)$")
PATIENCE = 30
FILE = """\
predictors:
  a: {{url: "{a}"}}
  b: {{url: "{b}"}}
graphs:
  predict: {{parallel: [a, b]}}
"""


class Predictor(ThreadingHTTPServer):
    """Answers with its name; while `held` is set, only after `go`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.came, self.go = Event(), Event()
        self.go.set()
        super().__init__(("127.0.0.1", 0), _Answering)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Predictor

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.set()
        self.server.go.wait(PATIENCE)
        body = json.dumps({"by": self.server.name}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def predictor(name: str) -> Iterator[Predictor]:
    with Predictor(name) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.go.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def a() -> Iterator[Predictor]:
    with predictor("a") as server:
        yield server


@pytest.fixture
def b() -> Iterator[Predictor]:
    with predictor("b") as server:
        yield server


@pytest.fixture
def file(a: Predictor, b: Predictor, tmp_path: Path) -> Path:
    path = tmp_path / "plait.yaml"
    path.write_text(FILE.format(a=a.url, b=b.url))
    return path


class Running:
    """A plait that can be changed."""

    def __init__(self, process: Plait, file: Path) -> None:
        self.process = process
        self.admin = process.until(ADMIN)[1]
        self.data = process.until(DATA)[1]
        self.token_file = file.parent / ".plait" / "admin.token"

    def typed(self, *arguments: str, stdin: str = "") -> CompletedProcess[str]:
        return run(*arguments, "--admin", self.admin, "--token-file", str(self.token_file), stdin=stdin)

    def said(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        done = self.typed(*arguments, "--json", stdin=stdin)
        value = json.loads(done.stdout)
        assert isinstance(value, dict)
        return value

    def apply(self, data: dict[str, Any], *more: str) -> CompletedProcess[str]:
        return self.typed("apply", "-", *more, stdin=json.dumps(data))

    def answers(self, graph: str = "") -> tuple[Any, str]:
        """The answer of a graph, and the revision that gave it; by a connection of its own, so by any of the workers."""
        reply = send(f"{self.data}/predict{graph}", b"{}", {"Connection": "close"})
        return json.loads(reply.body), reply.headers["x-plait-revision"]


@contextmanager
def running(file: Path, workers: int = 1, **environ: str) -> Iterator[Running]:
    command = ("serve", str(file), "--port", "0", "--admin-port", "0", "--workers", str(workers))
    with plait(*command, **{"PLAIT_ADMIN_TOKEN": "", **environ}) as process:
        yield Running(process, file)


BOTH = {"a": {"by": "a"}, "b": {"by": "b"}}


@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_applied_is_live_in_every_worker(workers: int, file: Path) -> None:
    with running(file, workers) as here:
        assert here.answers() == (BOTH, "1")
        done = here.apply({"graphs": {"solo": {"predict": "a"}, "predict": {"sequence": ["b"]}}}, "--reason", "less")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == "revision 2 is live"
        for _ in range(10 * workers):
            assert here.answers() == ({"by": "b"}, "2")
            assert here.answers("/solo") == ({"by": "a"}, "2")
        status = here.said("status")
        assert [worker["running"] for worker in status["workers"]] == [2] * workers


def test_an_invalid_change_is_refused_with_its_problems_and_changes_nothing(file: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.yaml"
    part.write_text("graphs:\n  predict:\n    parallel: [a, c]\n")
    with running(file) as here:
        done = here.typed("apply", str(part))
        assert (done.returncode, done.stdout) == (1, "")
        assert re.match(rf"{re.escape(str(part))}:3:\d+ graphs\.predict\.parallel\[1\].*c", done.stderr)
        assert here.answers() == (BOTH, "1")
        assert [each["number"] for each in here.said("revisions")["revisions"]] == [1]


def test_a_change_based_on_what_is_no_longer_active_is_refused(file: Path) -> None:
    with running(file) as here:
        assert here.apply({"graphs": {"solo": {"predict": "a"}}}, "--if-match", "1").returncode == 0
        done = here.apply({"graphs": {"solo": {"predict": "b"}}}, "--if-match", "1")
        assert done.returncode == 1
        assert "revision 2 is active" in done.stderr


def test_a_dry_run_changes_nothing(file: Path) -> None:
    with running(file) as here:
        done = here.apply({"graphs": {"predict": {"sequence": ["a"]}}}, "--dry-run")
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "this would be taken; revision 1 stays active")
        assert here.answers() == (BOTH, "1")


def test_rollback_brings_back_what_was_before(file: Path) -> None:
    with running(file, 2) as here:
        here.apply({"graphs": {"predict": {"sequence": ["a"]}}})
        assert here.answers() == ({"by": "a"}, "2")
        done = here.typed("rollback", "--reason", "worse")
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "revision 3 is live: what revision 1 says")
        assert here.answers() == (BOTH, "3")
        newest = here.said("revisions")["revisions"][0]
        assert (newest["number"], newest["reason"]) == (3, "worse")


def test_whoever_watches_sees_each_change_and_a_plait_that_is_started_again(file: Path) -> None:
    with running(file) as here:
        port = here.admin.rsplit(":", 1)[1]
        options = ("--admin", here.admin, "--token-file", str(here.token_file))
        watching = plait("status", "--watch", "--json", *options)
        with watching as watch:
            watch.until(re.compile(r'"revision": 1,'))
            here.apply({"graphs": {"solo": {"predict": "a"}}})
            watch.until(re.compile(r'"revision": 2,'))
            assert here.process.end() == 0
            watch.until(re.compile(r"^plait: no answer from "))
            with plait("serve", str(file), "--port", "0", "--admin-port", port, PLAIT_ADMIN_TOKEN=""):
                watch.until(re.compile(r'"revision": 2,'))
            assert watch.end(signal.SIGINT) == 0


def test_predictors_are_excluded_and_included_and_the_last_one_is_not(file: Path) -> None:
    with running(file, 2) as here:
        assert here.typed("exclude", "b", "--reason", "bad").stdout == "b is excluded\n"
        for _ in range(10):
            assert here.answers()[0] == {"a": {"by": "a"}}
        done = here.typed("exclude", "a")
        assert done.returncode == 1
        assert "a" in done.stderr
        assert "b was excluded" in here.typed("status").stdout
        assert here.typed("include", "b").stdout == "b is asked again\n"
        assert here.answers()[0] == BOTH


def test_drain_ends_when_nothing_is_in_flight(b: Predictor, file: Path) -> None:
    with running(file) as here:
        slow = {"predictors": {"b": {"url": b.url, "timeout": "60s"}}, "graphs": {"solo": {"predict": "b", "timeout": "60s"}}}
        assert here.apply(slow).returncode == 0
        b.came.clear()
        b.go.clear()
        answers: list[Any] = []
        asking = Thread(target=lambda: answers.append(here.answers("/solo")[0]))
        asking.start()
        assert b.came.wait(PATIENCE)
        done: list[CompletedProcess[str]] = []
        draining = Thread(target=lambda: done.append(here.typed("drain", "b")))
        draining.start()
        while here.said("status")["predictors"]["b"]["excluded"] is None:
            pass
        assert not done
        b.go.set()
        draining.join(PATIENCE)
        asking.join(PATIENCE)
        assert done[0].stdout == "b is excluded, and none of its calls is in flight\n"
        assert answers == [{"by": "b"}]


def test_a_restart_keeps_the_active_revision_and_the_marks(file: Path) -> None:
    with running(file) as here:
        here.apply({"graphs": {"solo": {"predict": "a"}}})
        here.typed("exclude", "b")
    with running(file) as here:
        assert here.answers() == ({"a": {"by": "a"}}, "2")
        assert here.answers("/solo")[0] == {"by": "a"}
        assert here.said("status")["predictors"]["b"]["excluded"]


def test_an_edit_of_the_file_is_taken_in_and_a_broken_one_is_only_told(file: Path) -> None:
    with running(file, 2) as here:
        assert here.answers() == (BOTH, "1")
        good = file.read_text()
        replaced(file, good.replace("[a, b]", "[a]"))
        until(lambda: here.answers() == ({"a": {"by": "a"}}, "2"))
        replaced(file, good.replace("[a, b]", "[a, c]"))
        until(lambda: "is not taken: it has 1 problem" in here.typed("status").stdout)
        assert here.answers() == ({"a": {"by": "a"}}, "2")
        replaced(file, good)
        until(lambda: here.answers() == (BOTH, "3"))
        assert here.said("revisions")["revisions"][0]["author"] == "file"


def test_the_file_speaks_at_a_start_only_if_it_has_changed(file: Path) -> None:
    with running(file) as here:
        here.apply({"graphs": {"predict": {"sequence": ["a"]}}})
    replaced(file, file.read_text() + "  solo: {predict: b}\n")
    with running(file) as here:
        assert here.answers() == (BOTH, "3")


def test_the_token_is_made_once_and_for_its_owner_only(file: Path) -> None:
    with running(file) as here:
        token = here.token_file.read_text().strip()
        assert stat.S_IMODE(here.token_file.stat().st_mode) == 0o600
        assert sum(token in line for line in here.process.lines) == 1
        assert send(f"{here.admin}/status", None, {"Authorization": f"Bearer {token}"}).status == 200
        assert send(f"{here.admin}/status").status == 401
        done = run("status", "--admin", here.admin)
        assert (done.returncode, "wants its token" in done.stderr) == (1, True)
    with running(file) as here:
        assert here.token_file.read_text().strip() == token
        assert token not in here.process.text


def test_a_token_of_the_environment_is_taken(file: Path) -> None:
    said = "of-the-environment-0123456789"
    with running(file, PLAIT_ADMIN_TOKEN=said) as here:
        assert run("status", "--admin", here.admin, PLAIT_ADMIN_TOKEN=said).returncode == 0
        done = run("status", "--admin", here.admin, PLAIT_ADMIN_TOKEN=said[:-1])
        assert "does not take the token of the variable PLAIT_ADMIN_TOKEN" in done.stderr


def test_a_second_plait_on_the_same_state_folder_is_refused(file: Path) -> None:
    with running(file) as here:
        done = run("serve", str(file), "--port", "0", "--admin-port", "0")
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert "state folder" in done.stderr
        assert here.answers() == (BOTH, "1")


def test_a_taken_admin_port_is_one_clear_line(file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", str(file), "--port", "0", "--admin-port", port)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert f"port {port}" in done.stderr
    assert "--admin-port" in done.stderr


def test_without_an_admin_port_the_file_is_served(file: Path) -> None:
    with plait("serve", str(file), "--port", "0", "--admin-port", "off") as process:
        url = process.until(DATA)[1]
        assert send(f"{url}/predict", b"{}").headers["x-plait-revision"] == "1"
        assert "admin" not in process.text
        assert process.end(signal.SIGTERM) == 0
    assert not (file.parent / ".plait").exists()


def replaced(file: Path, text: str) -> None:
    """Write a file anew in one step, as editors do."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


def until(holds: Any) -> None:
    """Wait for what plait does by itself."""
    pause = Event().wait
    for _ in range(10 * PATIENCE):
        if holds():
            return
        pause(0.1)
    raise AssertionError("it did not come to be in time")


def test_a_job_is_asked_for_listed_cancelled_and_let_run_again(a: Predictor, file: Path) -> None:
    file.write_text(file.read_text().replace('"}', '", timeout: 60s}'))
    with running(file) as here:
        assert here.said("jobs", "list") == {"jobs": [], "next": None}
        assert not (file.parent / ".plait" / "jobs.db").exists()
        a.go.clear()
        asked = run("call", "predict", "-d", "{}", "--async", "--url", here.data)
        assert asked.returncode == 0, asked.stderr
        job = asked.stdout.strip()
        assert a.came.wait(PATIENCE)
        assert [(each["id"], each["status"]) for each in here.said("jobs", "list")["jobs"]] == [(job, "running")]
        assert here.typed("jobs", "retry", job).returncode == 1
        assert here.typed("jobs", "cancel", job, "--reason", "a hangs").stdout == f"job {job} is cancelled\n"
        a.go.set()
        assert here.typed("jobs", "retry", job).stdout == f"job {job} is queued again\n"
        result = json.loads(send(f"{here.data}/jobs/{job}", headers={"Prefer": "wait=20"}).body)["result"]
        assert result == BOTH
        assert here.said("jobs", "show", job)["result"] == BOTH
    audit = [json.loads(line) for line in (file.parent / ".plait" / "audit.log").read_text().splitlines()]
    assert [(line["action"], line["outcome"]) for line in audit if "/jobs/" in line["resource"]] == [
        ("POST", "not-retried"),
        ("DELETE", "done"),
        ("POST", "done"),
    ]
