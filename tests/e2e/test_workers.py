"""Several workers on one port: replaced, restarted, ended."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from plait.cli.http import send
from tests.e2e.load import load
from tests.e2e.processes import Plait, run, serving
from tests.e2e.workers import (
    BACK,
    GET,
    GRAPH,
    RESTARTED,
    SECONDS,
    answer,
    connected,
    idle_clients,
    sockets,
    spare,
    watched,
    workers,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "plait.yaml"
    file.write_text(GRAPH)
    return file


def test_clients_are_spread_evenly(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        before = {pid: sockets(pid) for pid in workers(process)}
        with idle_clients(url, 128):
            shares = [sockets(pid) - count for pid, count in before.items()]
        assert sum(shares) == 128
        assert min(shares) >= 32
        assert process.text.count(" on http://") == 1


def test_a_flag_wins_over_the_file(file: Path) -> None:
    with serving("serve", str(file), "--port", "0", "--workers", "3") as (_, process):
        assert len(workers(process)) == 3
    with serving("serve", str(file), "--port", "0", "--workers", "1") as (_, process):
        assert not workers(process)


def test_a_killed_worker_is_replaced_within_a_second_and_only_its_own_requests_fail(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        killed, other = workers(process)
        with load(url) as clients:
            own = sockets(killed)
            os.kill(killed, signal.SIGKILL)
            successor = process.until(BACK)[2]
        assert len(clients.failures) <= own
        assert sorted(workers(process)) == sorted((other, int(successor)))
        assert min(seconds_until_back(process) for _ in range(3)) < 1  # the best, as others use the machine too
        with idle_clients(url, 16):
            pass


def seconds_until_back(process: Plait) -> float:
    """How long it takes until a worker that is killed has a successor that serves."""
    spare(process)
    began = time.monotonic()
    os.kill(workers(process)[0], signal.SIGKILL)
    process.until(BACK)
    return time.monotonic() - began


def test_restarts_one_by_one_lose_no_request(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        with load(url) as clients:
            for _ in range(3):
                before = workers(process)
                process.process.send_signal(signal.SIGHUP)
                process.until(RESTARTED)
                assert not {*workers(process)} & {*before}
        assert clients.failures == []
        assert clients.last >= 3 * 8
        assert clients.good > clients.last


def test_a_restart_takes_the_file_in_anew_and_a_replaced_worker_does_not(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        file.write_text(GRAPH.replace("a: 1", "a: 2"))
        for pid in workers(process):
            os.kill(pid, signal.SIGKILL)
            process.until(BACK)
        assert {send(f"{url}/predict", b"{}").body for _ in range(16)} == {b'{"a":1}'}
        process.process.send_signal(signal.SIGHUP)
        process.until(RESTARTED)
        assert {send(f"{url}/predict", b"{}").body for _ in range(16)} == {b'{"a":2}'}
        spare(process)
        os.kill(workers(process)[0], signal.SIGKILL)
        process.until(BACK)
        assert {send(f"{url}/predict", b"{}").body for _ in range(16)} == {b'{"a":2}'}


def test_workers_stay_when_a_restart_finds_the_file_broken_or_gone(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        before = workers(process)
        file.write_text("graphs: {predict: nosuch}\n")
        process.process.send_signal(signal.SIGHUP)
        process.until(re.compile(r"the workers stay as they are: the file has problems"))
        process.until(re.compile(r"plait.yaml:1:.* there is no predictor or graph nosuch"))
        file.unlink()
        process.process.send_signal(signal.SIGHUP)
        process.until(re.compile(r"the workers stay as they are: cannot read .*plait.yaml"))
        assert workers(process) == before
        assert send(f"{url}/predict", b"{}").status == 200
        os.kill(before[0], signal.SIGKILL)
        process.until(BACK)
        assert {send(f"{url}/predict", b"{}").body for _ in range(16)} == {b'{"a":1}'}


def test_a_signal_lets_workers_finish_and_turns_readiness_first(tmp_path: Path) -> None:
    with predictor_held(tmp_path) as (file, predictor), serving("serve", str(file), "--port", "0") as (url, process):
        with closing(connected(url)) as asking, closing(connected(url)) as half, idle_clients(url, 32) as idle:
            half.sendall((GET % b"/readyz")[:10])
            held = asked(asking, predictor)
            process.process.send_signal(signal.SIGTERM)
            assert [client.recv(1) for client in idle] == [b""] * 32
            half.sendall((GET % b"/readyz")[10:])
            assert answer(half).startswith(b"HTTP/1.1 503")
            with held:
                held.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"b": 2}')
                told = answer(asking)
            assert told.startswith(b"HTTP/1.1 200")
            assert b"connection: close" in told.lower()
        assert process.wait() == 0
        with pytest.raises(ConnectionRefusedError):
            connected(url)


@pytest.mark.parametrize("count", ["1", "2"])
def test_a_second_signal_ends_all_at_once(tmp_path: Path, count: str) -> None:
    with (
        predictor_held(tmp_path) as (file, predictor),
        serving("serve", str(file), "--port", "0", "--workers", count) as (url, process),
        closing(connected(url)) as asking,
        idle_clients(url, 32) as idle,
        asked(asking, predictor),
    ):
        process.process.send_signal(signal.SIGINT)
        assert [client.recv(1) for client in idle] == [b""] * 32
        began = time.monotonic()
        process.process.send_signal(signal.SIGINT)
        assert process.wait() == 0
        assert time.monotonic() - began < 5


@contextmanager
def predictor_held(folder: Path) -> Iterator[tuple[Path, socket.socket]]:
    """A file that asks a predictor which the test plays by hand, and that predictor's listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as predictor:
        predictor.settimeout(SECONDS)
        file = folder / "plait.yaml"
        url = f"http://127.0.0.1:{predictor.getsockname()[1]}"
        file.write_text(
            f"server: {{workers: 2}}\npredictors: {{a: {{url: '{url}', timeout: 20s}}}}\n"
            "graphs: {predict: {predict: a, timeout: 20s}}\n"
        )
        yield file, predictor


def asked(client: socket.socket, predictor: socket.socket) -> socket.socket:
    """A request on its way: the connection on which the predictor has been asked."""
    client.sendall(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    held = predictor.accept()[0]
    assert held.recv(65536).startswith(b"POST /predict")
    return held


def test_workers_end_with_a_parent_that_is_killed(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process), watched([*workers(process), spare(process)]):
        assert send(f"{url}/livez").status == 200
        process.end(signal.SIGKILL)


def test_a_worker_that_hangs_is_replaced(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (_, process):
        hung = workers(process)[0]
        os.kill(hung, signal.SIGSTOP)
        process.until(re.compile(rf"worker \d, process {hung}, hangs and is killed"))
        process.until(BACK)
        assert hung not in workers(process)


def test_a_port_in_use_is_one_clear_line_also_if_other_workers_share_it(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, _):
        port = str(urlsplit(url).port)
        done = run("serve", str(file), "--port", port)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"port {port} on 127.0.0.1 is in use" in done.stderr


def test_a_broken_file_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text("server: {workers: 2}\ngraphs: {predict: nosuch}\n")
    done = run("serve", str(file), "--port", "0")
    assert done.returncode == 1
    assert done.stderr.count("nosuch") == 1


@pytest.mark.parametrize("number", ["0", "257", "two"])
def test_a_number_of_workers_that_cannot_be_is_refused(file: Path, number: str) -> None:
    assert run("serve", str(file), "--workers", number).returncode == 2
    file.write_text(GRAPH.replace("workers: 2", f"workers: {number}"))
    done = run("check", str(file))
    assert (done.returncode, "workers" in done.stdout) == (1, True)


FRAGILE = """\
import os, pathlib, sys
if sys.argv[0].endswith("worker.py") and pathlib.Path(__file__).with_name("broken").exists():
    os._exit(3)
def same(value, context):
    return value
"""


@pytest.fixture
def fragile(tmp_path: Path) -> Path:
    """A file whose workers cannot start while there is another, `broken`, beside it."""
    (tmp_path / "fragile.py").write_text(FRAGILE)
    file = tmp_path / "plait.yaml"
    file.write_text("server: {workers: 2}\ngraphs: {predict: {python: 'fragile:same'}}\n")
    return file


def test_a_worker_that_cannot_start_at_first_ends_all_at_once(fragile: Path) -> None:
    fragile.with_name("broken").touch()
    done = run("serve", str(fragile), "--port", "0")
    assert done.returncode == 1
    assert re.fullmatch(r"plait: worker \d could not start: it ended with exit code 3\n", done.stderr)


def test_a_worker_whose_successors_cannot_start_is_given_up_in_the_end(fragile: Path) -> None:
    with serving("serve", str(fragile), "--port", "0") as (_, process):
        fragile.with_name("broken").touch()
        pids = workers(process)
        with watched(pids):
            os.kill(pids[0], signal.SIGKILL)
            process.until(re.compile(r"was ended by SIGKILL; starts again"))
            process.until(re.compile(r"ended with exit code 3; starts again in 3.2 s$"))
            process.until(re.compile(r"^plait: worker \d, process \d+, ended with exit code 3, for the 8th time in a row"))
            assert process.wait() == 1


def test_one_process_says_that_it_has_no_workers_to_restart_and_goes_on(file: Path) -> None:
    with serving("serve", str(file), "--port", "0", "--workers", "1") as (url, process):
        process.process.send_signal(signal.SIGHUP)
        process.until(re.compile("SIGHUP restarts nothing with one worker"))
        assert send(f"{url}/livez").status == 200
        assert process.end() == 0


def test_lines_of_a_worker_say_which_it_is(tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text("def fail(value, context):\n    raise ValueError\n")
    file = tmp_path / "plait.yaml"
    file.write_text("server: {workers: 2}\ngraphs: {predict: {python: 'failing:fail'}}\n")
    with serving("serve", str(file), "--port", "0") as (url, process):
        assert send(f"{url}/predict", b"{}").status == 502
        process.until(re.compile(r"^\d\d:\d\d:\d\d ERROR worker [12]: "))
    with serving("serve", str(file), "--port", "0", MODE="production") as (url, process):
        assert send(url.rstrip('"}') + "/predict", b"{}").status == 502
        process.until(re.compile(r'"worker": [12]'))


def test_a_rule_counts_the_matches_of_all_workers_together(tmp_path: Path) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text(
        "server: {workers: 2}\n"
        "graphs:\n"
        "  predict:\n"
        "    value: 1\n"
        '    rules: [{on: result, when: "true", count: 6, within: 1m, do: {respond: {status: 429, body: slower}}}]\n'
    )
    with serving("serve", str(file), "--port", "0") as (url, _):
        statuses = [_status(url) for _ in range(24)]  # each on a connection of its own
    assert statuses == [200] * 5 + [429] + [200] * 18


def _status(url: str) -> int:
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)) as connection:
        connection.request("POST", "/predict", b"{}", {"Content-Type": "application/json"})
        return connection.getresponse().status
