"""plait exclude: take a predictor out while plait runs."""

from __future__ import annotations

from plait.cli.marks import Where, mark
from plait.cli.options import ADMIN, Admin, AdminCa, Json, Predictor, Reason, TokenFile


def exclude(
    name: Predictor,
    reason: Reason = "",
    admin: Admin = ADMIN,
    token_file: TokenFile = None,
    cacert: AdminCa = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Take a predictor out until `plait include`: a parallel answers as if it had no such branch.

    It stays out whatever changes, also when plait is started again. The last branch, and one that is required, cannot be excluded.
    """
    where = Where(admin, token_file, cacert)
    mark(name, "exclude", where, reason=reason, as_json=as_json, done="{name} is excluded")
