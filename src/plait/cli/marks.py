"""What `plait exclude`, `include` and `drain` have in common: a mark on a predictor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Where(NamedTuple):
    """The options by which a command finds the admin port."""

    admin: str
    token_file: Path | None
    cacert: Path | None


def mark(name: str, action: str, where: Where, *, reason: str, as_json: bool, done: str) -> None:
    """Ask for it, wait for the workers, and say what is so now."""
    import sys  # noqa: PLC0415 - commands import when they run
    from urllib.parse import quote  # noqa: PLC0415

    from plait.cli.admin import admin_port, telling  # noqa: PLC0415
    from plait.cli.done import settle, waited  # noqa: PLC0415
    from plait.cli.printable import printable  # noqa: PLC0415

    port = admin_port(*where)
    with telling(as_json=as_json):
        said = port.change("POST", f"/predictors/{quote(name, safe='')}:{action}", {"reason": reason}, reason=reason)
    if as_json:
        print(said.text)  # noqa: T201
    if not settle(port, said):
        sys.exit(1)
    if said.value.get("in_flight") and (left := waited(port, lambda status: in_flight(status, name))):
        sys.stderr.write(printable(f"plait: {name} is excluded, but {left[0]}") + "\n")
        sys.exit(1)
    if not as_json:
        print(done.format(name=name))  # noqa: T201


def in_flight(status: Mapping[str, Any], name: str) -> list[str]:
    """What is still in flight at a predictor; nothing, if nothing is."""
    count = ((status.get("predictors") or {}).get(name) or {}).get("in_flight") or 0
    return [f"{count} of its calls {'is' if count == 1 else 'are'} still in flight"] if count else []
