"""The command line: one file per command, and nothing heavy imported before a command needs it."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that was typed."""
    from plait.cli.app import app  # noqa: PLC0415 - what the entry point imports is paid for by every command
    from plait.cli.fail import failing  # noqa: PLC0415

    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # an answer or a file may have what it cannot write
    with failing():
        app(prog_name="plait")
    sys.exit(0)
