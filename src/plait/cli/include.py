"""plait include: take an excluded predictor in again."""

from __future__ import annotations

from plait.cli.marks import Where, mark
from plait.cli.options import ADMIN, Admin, AdminCa, Json, Predictor, Reason, TokenFile


def include(
    name: Predictor,
    reason: Reason = "",
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Take a predictor in again that was excluded or drained."""
    where = Where(admin, token_file, cacert)
    mark(name, "include", where, reason=reason, as_json=as_json, done="{name} is asked again")
