"""Lines of several processes on one screen, each with its name before it, in its colour on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

_COLOURS = (36, 32, 33, 35, 34, 31)


class Screen:
    """Where the lines go.

    Args:
        names: Who writes lines; each gets a colour.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._width = max(map(len, names), default=0)
        self._colours = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(names)}
        self._plain = not sys.stdout.isatty()

    def line(self, name: str, text: str) -> None:
        """Write one line of one of them."""
        prefix = f"{name:<{self._width}} |"
        if not self._plain:
            prefix = f"\x1b[{self._colours.get(name, 37)}m{prefix}\x1b[0m"
        try:
            print(prefix, text, flush=True)  # noqa: T201
        except BrokenPipeError:
            # Nobody reads any more (`plait up … | head`): what runs goes on, and ends when it is told to.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - open for as long as this process lives
