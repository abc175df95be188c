"""plait serve with TLS, as its clients see it, with one worker and with two."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from plait import Client
from plait.errors import Unreachable
from tests.certificates import HOST, Authority
from tests.e2e.processes import Plait, run, serving

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FILE = """
server:
  tls: {cert: leaf.pem, key: leaf.key, client_ca: CLIENTS}
graphs: {predict: {value: 1}, other: {value: 2, route: /far}}
"""
SECONDS = 30
RENEWED = re.compile(r"the certificates have been renewed")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    authority = Authority(tmp_path)
    authority.issue()
    return authority


@contextmanager
def served(authority: Authority, workers: int = 1, clients: str = "") -> Iterator[tuple[str, Plait]]:
    file = authority.folder / "plait.yaml"
    file.write_text(FILE.replace(", client_ca: CLIENTS", f", client_ca: {clients}" if clients else ""))
    with serving("serve", str(file), "--port", "0", "--workers", str(workers)) as (url, process):
        yield url, process
        assert process.end() == 0
        assert "Traceback" not in process.text


def serial(url: str, context: ssl.SSLContext) -> str:
    """The number of the certificate that a new connection is shown."""
    where = urlsplit(url)
    with socket.create_connection((HOST, where.port or 0)) as sock, context.wrap_socket(sock, server_hostname=HOST) as spoken:
        shown = spoken.getpeercert()
        assert shown is not None
        return str(shown["serialNumber"])


@pytest.mark.parametrize("workers", [1, 2])
def test_clients_and_commands_ask_over_tls(authority: Authority, workers: int) -> None:
    with served(authority, workers) as (url, _):
        assert url.startswith("https://127.0.0.1:")
        with Client(url, verify=ssl.create_default_context(cafile=authority.file)) as client:
            assert client.call("predict", {}) == 1
        with Client(url) as client, pytest.raises(Unreachable, match="certificate"):
            client.call("predict", {})
        asked = run("call", "other", "-d", "{}", "--url", url, "--cacert", authority.file)
        assert (asked.returncode, asked.stdout, asked.stderr) == (0, "2\n", "")
        asked = run("call", "predict", "-d", "{}", "--url", url)
        assert (asked.returncode, asked.stdout) == (1, "")
        assert asked.stderr == f"plait: no answer from {url}/predict: its certificate is from an authority that is not trusted\n"
        asked = run("call", "predict", "-d", "{}", "--url", url.replace("https", "http"))
        assert asked.returncode == 1
        assert "this port speaks TLS; write the URL with https://" in asked.stderr
        asked = run("call", "predict", "-d", "{}", "--url", url, "--cacert", "none.pem")
        assert (asked.returncode, asked.stderr) == (1, "plait: cannot read none.pem: no such file or directory\n")


def test_a_command_shows_a_certificate_where_one_is_asked_for(authority: Authority) -> None:
    leaf = authority.own.issue_cert("me")
    mine = authority.write("me.pem", leaf.private_key_and_cert_chain_pem.bytes())
    with served(authority, clients=authority.file) as (url, _):
        options = ("call", "predict", "-d", "{}", "--url", url, "--cacert", authority.file)
        assert run(*options, "--cert", mine).stdout == "1\n"
        asked = run(*options)
        assert (asked.returncode, asked.stdout) == (1, "")
        assert asked.stderr.startswith(f"plait: no answer from {url}/predict: ")
        assert asked.stderr.count("\n") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_renewed_certificate_is_shown_without_a_restart(authority: Authority, workers: int) -> None:
    context = ssl.create_default_context(cafile=authority.file)
    with served(authority, workers) as (url, process), Client(url, verify=context) as client:
        assert client.call("predict", {}) == 1
        old = serial(url, context)
        authority.write("leaf.key", b"half")
        authority.issue()
        until = time.monotonic() + SECONDS
        while serial(url, context) == old:  # the files are looked at now and then, when a client comes
            assert time.monotonic() < until
        process.until(RENEWED)
        assert client.call("predict", {}) == 1


def test_a_file_that_cannot_be_used_is_told_at_the_start(authority: Authority) -> None:
    file = authority.folder / "plait.yaml"
    file.write_text("server:\n  tls:\n    cert: leaf.pem\n    key: none.key\ngraphs: {predict: {value: 1}}\n")
    for command in ("check", "serve"):
        done = run(command, str(file))
        assert done.returncode == 1
        assert f"{file}:4:10 server.tls.key: cannot read {authority.folder}/none.key" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
