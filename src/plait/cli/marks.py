"""What `plait exclude`, `include` and `drain` have in common: a mark on a predictor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from plait.cli.options import ADMIN, Admin, AdminCa, Json, Predictor, Reason, TokenFile

if TYPE_CHECKING:
    from plait.cli.admin import AdminPort


def marking(action: str, about: str, *, done: str) -> Callable[..., None]:
    """A command that sets a mark, or takes it away.

    Args:
        action: The command's name, which is the admin port's for it, too.
        about: Its help.
        done: What is printed when it is done; `{name}` is the predictor's.
    """

    def command(
        name: Predictor,
        reason: Reason = "",
        admin: Admin = ADMIN,
        token_file: TokenFile = None,
        cacert: AdminCa = None,
        as_json: Json = False,  # noqa: FBT002 - a flag
    ) -> None:
        from plait.cli.admin import admin_port  # noqa: PLC0415 - commands import when they run

        _mark(admin_port(admin, token_file, cacert), name, action, reason, as_json=as_json)
        if not as_json:
            print(done.format(name=name))  # noqa: T201

    command.__name__, command.__doc__ = action, about
    return command


def _mark(port: AdminPort, name: str, action: str, reason: str, *, as_json: bool) -> None:
    """Ask for it, and wait until it is so: exit code 1 if that takes too long."""
    import sys  # noqa: PLC0415 - commands import when they run
    from urllib.parse import quote  # noqa: PLC0415

    from plait.cli.admin import telling  # noqa: PLC0415
    from plait.cli.done import settle, waited  # noqa: PLC0415
    from plait.cli.printable import printable  # noqa: PLC0415

    with telling(as_json=as_json):
        said = port.change("POST", f"/predictors/{quote(name, safe='')}:{action}", {"reason": reason}, reason=reason)
    if as_json:
        print(said.text)  # noqa: T201
    if not settle(port, said):
        sys.exit(1)
    if said.value.get("in_flight") and (left := waited(port, lambda status: in_flight(status, name))):
        sys.stderr.write(printable(f"plait: {name} is excluded, but {left[0]}") + "\n")
        sys.exit(1)


def in_flight(status: Mapping[str, Any], name: str) -> list[str]:
    """What is still in flight at a predictor; nothing, if nothing is."""
    count = ((status.get("predictors") or {}).get(name) or {}).get("in_flight") or 0
    return [f"{count} of its calls {'is' if count == 1 else 'are'} still in flight"] if count else []
