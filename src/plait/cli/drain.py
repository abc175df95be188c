"""plait drain: take a predictor out, and wait until nothing is in flight there."""

from __future__ import annotations

from plait.cli.marks import Where, mark
from plait.cli.options import ADMIN, Admin, AdminCa, Json, Predictor, Reason, TokenFile


def drain(
    name: Predictor,
    reason: Reason = "",
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Exclude a predictor and wait until none of its calls is in flight, so that its process can be stopped.

    Exit code 0 once nothing is in flight any more; 1 if that takes too long, and then it stays excluded.
    """
    where = Where(admin, token_file, cacert)
    mark(name, "drain", where, reason=reason, as_json=as_json, done="{name} is excluded, and none of its calls is in flight")
