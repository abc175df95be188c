"""The token of the admin API: from the environment, from its file, or made at the first start."""

from __future__ import annotations

import logging
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from plait.errors import StartError

VARIABLE = "PLAIT_ADMIN_TOKEN"
NAME = "admin.token"
SHORTEST = 16
"""Characters of a token; what is shorter can be guessed."""
_LONGEST = 4096
_BYTES = 32
_VALID = re.compile(rf"[!-~]{{{SHORTEST},{_LONGEST}}}")

_log = logging.getLogger("plait")


def admin_token(environ: Mapping[str, str], state: Path, *, loopback: bool) -> str:
    """The token that clients of the admin API must bring.

    Args:
        environ: The environment's variables.
        state: The state folder; the token's file is in it.
        loopback: Whether the admin API listens on this machine only: otherwise no token is made.

    Raises:
        StartError: If it is no good token, cannot be read or written, or there is none and none is made.
    """
    if said := environ.get(VARIABLE):
        return _valid(said, f"the variable {VARIABLE}")
    path = state / NAME
    known = _read(path)
    if known is not None:
        return known
    if not loopback:
        raise StartError(
            f"the admin API is to be reached from other machines, and there is no token for it: set {VARIABLE} to at least "
            f"{SHORTEST} random characters, write them to {path}, or have admin_host: 127.0.0.1"
        )
    return _made(path)


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_LONGEST + 2)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise StartError(f"cannot read the admin token from {path}: {(exc.strerror or str(exc)).lower()}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        _log.warning("other users of this machine may read the admin token: chmod 600 %s", path)
    return _valid(text.decode("latin-1").strip(), str(path))


def _made(path: Path) -> str:
    token = secrets.token_urlsafe(_BYTES)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{token}\n")
    except FileExistsError:  # another plait was faster
        return _read(path) or _made(path)
    except OSError as exc:
        why = (exc.strerror or str(exc)).lower()
        raise StartError(f"cannot write the admin token to {path}: {why}; set {VARIABLE}, or another server.state") from None
    _log.info("made the token of the admin API, which is told only this once: %s (it is kept in %s)", token, path)
    return token


def _valid(token: str, where: str) -> str:
    if _VALID.fullmatch(token) is None:
        advice = 'python -c "import secrets; print(secrets.token_urlsafe())" makes one'
        raise StartError(f"{where} has no good token: at least {SHORTEST} characters of ASCII without blanks are needed; {advice}")
    return token
