"""Workers that are killed, one or all, in quiet or in the middle of something, and the spare that takes their place."""

from __future__ import annotations

import os
import re
import resource
import signal
from pathlib import Path

import pytest

from plait.cli.http import send
from tests.e2e.load import load
from tests.e2e.processes import serving
from tests.e2e.workers import BACK, GRAPH, RESTARTED, children, descriptors, idle_clients, spare, until, watched, workers

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "plait.yaml"
    file.write_text(GRAPH)
    return file


def test_a_spare_takes_the_place_of_a_killed_worker_and_another_spare_follows(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        for _ in range(3):
            waiting = spare(process)
            os.kill(workers(process)[0], signal.SIGKILL)
            assert process.until(BACK)[2] == str(waiting)
            assert spare(process) != waiting
            with idle_clients(url, 16):
                pass


def test_a_spare_that_dies_or_hangs_is_replaced_and_nobody_is_disturbed(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        before = workers(process)
        with idle_clients(url, 16):
            killed = spare(process)
            os.kill(killed, signal.SIGKILL)
            process.until(re.compile(rf"the spare worker, process {killed}, was ended by SIGKILL; another spare follows in 5 s"))
            hung = spare(process)
            rested(hung)
            os.kill(hung, signal.SIGSTOP)
            process.until(re.compile(rf"the spare worker, process {hung}, hangs and is killed"))
        assert workers(process) == before


def rested(pid: int) -> None:
    """Wait until a spare has beaten: it has done nothing else for longer than it takes to."""
    ticks = [0.0]

    def rests() -> bool:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks.append(float(fields[11]) + float(fields[12]))
        return len(ticks) > 100 and ticks[-1] == ticks[-100]  # of 20 ms each: longer than two beats

    until(rests, "the spare never rests")


def test_all_workers_killed_at_once_are_all_back(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        spare(process)
        for pid in children(process):
            os.kill(pid, signal.SIGKILL)
        assert {process.until(BACK)[1], process.until(BACK)[1]} == {"1", "2"}
        with idle_clients(url, 16):
            pass


def test_a_successor_that_is_killed_while_it_starts_leaves_the_old_worker_where_it_is(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        spare(process)
        before = children(process)
        process.process.send_signal(signal.SIGHUP)
        process.until(re.compile("restarting 2 workers"))
        until(lambda: bool({*children(process)} - {*before}), "no successor starts")
        for pid in {*children(process)} - {*before}:
            os.kill(pid, signal.SIGKILL)
        process.until(re.compile("worker 1 stays as it is: its successor was ended by SIGKILL before it was ready"))
        assert {*workers(process)} < {*before}
        assert send(f"{url}/predict", b"{}").status == 200


def test_two_restarts_at_once_end_with_the_newest_file(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        with load(url) as clients:
            process.process.send_signal(signal.SIGHUP)
            process.until(re.compile("restarting 2 workers"))
            file.write_text(GRAPH.replace("a: 1", "a: 2"))
            process.process.send_signal(signal.SIGHUP)
            process.process.send_signal(signal.SIGHUP)
            process.until(RESTARTED)
            process.until(RESTARTED)
        assert clients.failures == []
        assert {send(f"{url}/predict", b"{}").body for _ in range(16)} == {b'{"a":2}'}


def test_a_signal_in_the_middle_of_a_restart_ends_all_in_order(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (_, process):
        before = children(process)
        process.process.send_signal(signal.SIGHUP)
        process.until(re.compile("restarting 2 workers"))
        until(lambda: bool({*children(process)} - {*before}), "no successor starts")
        with watched(children(process)):
            assert process.end() == 0


def test_kills_and_restarts_leave_no_descriptor_behind(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (_, process):
        spare(process)
        before = len(descriptors(process.process.pid))
        for _ in range(3):
            for pid in (*workers(process), spare(process)):
                os.kill(pid, signal.SIGKILL)
            process.until(BACK)
            process.until(BACK)
            process.process.send_signal(signal.SIGHUP)
            process.until(RESTARTED)
        until(lambda: len(descriptors(process.process.pid)) == before and len(children(process)) == 3, "descriptors were left")


def test_workers_stay_while_the_system_has_no_room_for_another(file: Path) -> None:
    with serving("serve", str(file), "--port", "0") as (url, process):
        parent = process.process.pid
        killed, other = workers(process)
        waiting = spare(process)
        soft, hard = resource.prlimit(parent, resource.RLIMIT_NOFILE)
        resource.prlimit(parent, resource.RLIMIT_NOFILE, (3, hard))
        process.process.send_signal(signal.SIGHUP)
        process.until(re.compile("the workers stay as they are: cannot read .*: too many open files"))
        os.kill(waiting, signal.SIGKILL)
        process.until(re.compile("the spare worker"))
        os.kill(killed, signal.SIGKILL)
        process.until(re.compile("worker 1: a worker process cannot be started: too many open files; starts again in 0.2 s"))
        resource.prlimit(parent, resource.RLIMIT_NOFILE, (soft, hard))
        process.until(BACK)
        assert other in workers(process)
        with idle_clients(url, 16):
            pass
