"""One target under atheris, in a process of its own: `python -m fuzz.engine TARGET` and options of libFuzzer."""

from __future__ import annotations

import os
import sys

import atheris

from fuzz.targets import load


def main() -> None:
    """Fuzz until libFuzzer's options say enough, or something was found; never returns."""
    os.nice(10)
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["plait"]):
        target = load(name)
    atheris.Setup(sys.argv, target.one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
