"""Limits and the access log that a file gives, with one process and with workers."""

from __future__ import annotations

import json
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.processes import run, serving

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SECONDS = 30
POST = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def file_of(folder: Path, **options: object) -> Path:
    file = folder / "plait.json"
    file.write_text(json.dumps({"graphs": {"predict": {"transform": {"a": 1}}}, **options}))
    return file


def connected(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=SECONDS)


def whole(sock: socket.socket) -> bytes:
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data


@pytest.mark.parametrize("workers", [1, 2])
def test_deadlines_and_the_log_are_those_of_the_file(workers: int, tmp_path: Path) -> None:
    server = {"workers": workers, "limits": {"header_timeout": "300ms"}, "access_log": {"to": "./access.log", "sample": "100%"}}
    with serving("serve", str(file_of(tmp_path, server=server)), "--port", "0") as (url, _):
        for _ in range(8):
            with connected(url) as sock:
                sock.sendall(POST)
                assert whole(sock).startswith(b"HTTP/1.1 200 OK\r\n")
        with connected(url) as silent:
            began = time.monotonic()
            assert whole(silent) == b""
            assert time.monotonic() - began < 5
    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines()]
    assert [(line["path"], line["status"], line["bytes_out"]) for line in lines] == [("/predict", 200, 7)] * 8


@pytest.mark.parametrize("workers", [1, 2])
def test_a_log_that_cannot_be_written_is_told_at_the_start(workers: int, tmp_path: Path) -> None:
    file = file_of(tmp_path, server={"workers": workers, "access_log": {"to": "missing/access.log"}})
    ended = run("serve", str(file), "--port", "0")
    assert ended.returncode == 1
    assert "missing/access.log: no such file or directory" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_in_flight_at_the_end_has_as_long_as_the_file_says(workers: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        file = file_of(
            tmp_path,
            server={"workers": workers, "limits": {"drain_timeout": "200ms"}},
            defaults={"graph": {"timeout": "1m"}, "predictor": {"timeout": "1m"}},
            predictors={"a": {"url": f"http://127.0.0.1:{silent.getsockname()[1]}"}},
            graphs={"predict": "a"},
        )
        with serving("serve", str(file), "--port", "0") as (url, process), connected(url) as sock:
            sock.sendall(POST)
            with silent.accept()[0] as asked:
                assert asked.recv(1)
                began = time.monotonic()
                assert process.end(signal.SIGTERM) == 0
                assert time.monotonic() - began < 10
