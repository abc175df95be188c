"""The extra is needed by those who use it, and by nobody else."""

from __future__ import annotations

import subprocess
import sys

import plait
from plait.client.aio import AsyncClient
from plait.client.sync import Client


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)


def test_both_clients_are_names_of_plait() -> None:
    assert (plait.Client, plait.AsyncClient) == (Client, AsyncClient)


def test_the_errors_are_a_name_of_plait_too() -> None:
    done = python("import plait; print(plait.errors.TimedOut.status)")
    assert (done.stdout, done.stderr) == ("504\n", "")


def test_plait_alone_imports_no_client() -> None:
    done = python("import sys, plait, plait.errors, plait.cli.app; sys.exit(any('httpx' in name for name in sys.modules))")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_the_extra_the_error_says_what_to_install() -> None:
    done = python("import sys; sys.modules['httpx2'] = None; import plait; plait.Client('http://127.0.0.1:9000')")
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith(
        "ImportError: the client of plait needs the package httpx2; install it with: pip install 'plait[client]'"
    )
