"""Fuzz targets for a while, and put what is found into their corpora: `python fuzz/run.py TARGET --seconds 60`."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from fuzz.reach import worthwhile  # noqa: E402 - found from the root of the repository
from fuzz.shrink import shrink, symptom  # noqa: E402
from fuzz.targets import CORPUS, NAMES, WORDS, Target, entries, load  # noqa: E402

MOST, FULL = 60, 50
"""Entries that a corpus may have, and from how many on only finds are added."""
_WORK = ROOT / "build" / "fuzz"
_LONGEST = 4096
_MISSING = """\
fuzz: this needs atheris, which is not installed here: {python} on {system}.
`make fuzz` installs it for CPython 3.11 to 3.14 on Linux, x86-64. The corpora need it not: `make test ARGS=tests/fuzz`."""


def main() -> None:
    """Fuzz one target after the other; the exit code is 1 if anything was found."""
    said = arguments()
    if importlib.util.find_spec("atheris") is None:
        sys.exit(_MISSING.format(python=f"Python {sys.version.split()[0]}", system=f"{os.uname().sysname} {os.uname().machine}"))
    found: list[Path] = []
    for name in said.targets or NAMES:
        fuzz(name, said.seconds)
        found += finds(name, load(name))
        if said.keep:
            keep(name, load(name))
    for path in found:
        print(f"fuzz: found {path.relative_to(ROOT)}")
    sys.exit(bool(found))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="fuzz/run.py", description="Fuzz targets; what is found goes into fuzz/corpus.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"all, unless named: {', '.join(NAMES)}")
    parser.add_argument("--seconds", type=int, default=60, help="how long for each target (60)")
    parser.add_argument("--keep", action="store_true", help=f"keep inputs that reach new code too, up to {FULL} in a corpus")
    said = parser.parse_args()
    if unknown := set(said.targets) - set(NAMES):
        parser.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return said


def fuzz(name: str, seconds: int) -> None:
    """Run a target under atheris until the time is up or something was found; what it learns stays in `build/fuzz`."""
    work, found = _WORK / name, _WORK / "found" / name
    for folder in (work, found):
        folder.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={_LONGEST}",
        f"-dict={WORDS / name}.dict",
        f"-artifact_prefix={found}/",
        "-timeout=20",
    ]
    options += ["-verbosity=0", "-print_final_stats=1"]
    print(f"fuzz: {name} for {seconds} s", flush=True)
    command = [sys.executable, "-m", "fuzz.engine", name, *options, str(work), str(CORPUS / name)]
    subprocess.run(command, cwd=ROOT, check=False)


def finds(name: str, target: Target) -> list[Path]:
    """Move what was found, made small, into the corpus."""
    paths = []
    for artifact in sorted((_WORK / "found" / name).iterdir()):
        data = artifact.read_bytes()
        wrong = symptom(target.one_input, data)
        if wrong:  # else it only took too long, under atheris
            data = shrink(data, lambda shorter, wrong=wrong: symptom(target.one_input, shorter) == wrong)  # type: ignore[misc]
        path = CORPUS / name / f"found-{hashlib.sha256(data).hexdigest()[:8]}"
        path.write_bytes(data)
        paths.append(path)
        artifact.unlink()
        print(f"fuzz: {wrong or 'too slow'}")
    return paths


def keep(name: str, target: Target) -> None:
    """Add to the corpus what atheris has learnt, as far as there is room."""
    known = [path.read_bytes() for path in entries(name)]
    learnt = [path.read_bytes() for path in (_WORK / name).iterdir()]
    for called, data in worthwhile(target.one_input, known, learnt):
        if len(entries(name)) >= FULL:
            break
        (CORPUS / name / called).write_bytes(data)


if __name__ == "__main__":
    main()
