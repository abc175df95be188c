"""How a command fails: one clear line, or every problem with its place, and exit code 1."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from plait.cli.printable import printable
from plait.errors import ConfigError, PlaitError


@contextmanager
def failing() -> Iterator[None]:
    """Turn errors that a user can mend into lines on standard error and exit code 1."""
    try:
        yield
    except ConfigError as exc:
        from plait.graph.problems import problems_text  # noqa: PLC0415 - only a command that fails so pays for it

        sys.stderr.write(printable(problems_text(exc.problems, exc.source)) + "\n")
        sys.exit(1)
    except PlaitError as exc:
        sys.stderr.write(f"plait: {printable(exc.detail)}\n")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
