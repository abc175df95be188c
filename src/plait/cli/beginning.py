"""What `plait serve` begins with: the file, or what the control process says is the newest revision."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.cli.early import VARIABLE, missing
from plait.cli.logs import log
from plait.errors import ConfigError, StartError
from plait.graph.load import Loaded, file_bytes, load_checked, load_text
from plait.graph.plan import Plan, plan_of, raw
from plait.graph.problems import problems_text
from plait.server.launch import Control, Launch
from plait.server.sockets import listen, url_of
from plait.server.steward import Steward, Stewarding, first_plan
from plait.spec.control import OFF, admin_port

if TYPE_CHECKING:
    from plait.graph.spec import Server

LAST = "current.json"
"""In the state folder: the last good revision as it was written, for a start without the store."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is served first.

    Args:
        plan: It.
        stewarding: Joins the workers to the control process, if there is one.
        again: The plan that SIGHUP restarts workers with; None for that which they run.
    """

    plan: Plan
    stewarding: Stewarding | None
    again: Callable[[], Plan | None]


def beginning(loaded: Loaded, file: Path | None, flag: str | None, control: Control | None) -> Beginning:
    """Find out what to serve first, and have the control process begin, unless there is to be none.

    Args:
        loaded: The file, checked.
        file: Its path, if it is one.
        flag: What the command line says of the admin port.
        control: The control process that was started early.

    Raises:
        StartError: If the admin port cannot be had, or the control process refuses to start.
    """
    server = loaded.config.server
    port = wanted_port(server, os.environ, flag)
    if port is None or control is None:
        if control is not None:
            control.dismiss()
        return Beginning(plan_of(loaded, 1), None, lambda: _read_again(file))
    launch = _launch(server, file, port)
    launch.begin(control)
    import plait.server.serve  # noqa: F401, PLC0415 - while the control process finds out what to begin with

    plan = first_plan(control)
    if plan is None:
        plan = _without_control(loaded, file)
    log.info("the admin API is on %s", url_of(launch.sock))
    return Beginning(plan, lambda crew: Steward(launch, control, crew), lambda: None)


def _read_again(file: Path | None) -> Plan:
    """The file, as it is now.

    Raises:
        StartError: If it cannot be served.
    """
    try:
        return plan_of(load_checked(file, os.environ), 1)
    except ConfigError as exc:
        raise StartError(f"the file has problems\n{problems_text(exc.problems, exc.source)}") from None


def wanted_port(server: Server, environ: Mapping[str, str], flag: str | None) -> int | None:
    """The admin port; None if there is to be none: a flag wins over the variable, that over the file.

    Raises:
        StartError: If it is none, or what it needs is not installed.
    """
    said = flag or environ.get(VARIABLE)
    try:
        port: Any = server.admin_port if not said else admin_port(int(said) if said.isdecimal() else said)
    except ValueError as exc:
        raise StartError(f"the admin port {exc}") from None
    if port == OFF:
        return None
    lacking = missing()
    if not lacking:
        return int(port)
    hint = "pip install 'plait[control]'"
    if said or "admin_port" in server.model_fields_set:
        raise StartError(f"the admin port needs {', '.join(lacking)}: {hint}")
    log.info("there is no admin API, and the file is not watched: %s", hint)
    return None


def _launch(server: Server, file: Path | None, port: int) -> Launch:
    try:
        sock = listen(server.admin_host, port)
    except StartError as exc:
        raise StartError(f"the admin API cannot listen: {exc.detail} (--admin-port; off is none)") from None
    return Launch(server.state, None if file is None else str(file), raw(server), sock)


def _without_control(loaded: Loaded, file: Path | None) -> Plan:
    """What is served though nothing was heard of the control process: the last revision, if the file has not changed since."""
    last = _last(Path(loaded.config.server.state), file)
    if last is None:
        log.error("the control process does not say what to serve; until it does, that is the file as it stands")
        return plan_of(loaded, 1)
    log.error("the control process does not say what to serve; until it does, that is revision %d, which ran last", last.revision)
    return last


def _last(state: Path, file: Path | None) -> Plan | None:
    folder = Path.cwd() if file is None else file.absolute().parent
    try:
        kept = json.loads((state / LAST).read_bytes())
        if file is not None and kept["digest"] != hashlib.sha256(file_bytes(file)).hexdigest():
            return None
        text = json.dumps(kept["data"])
        loaded = load_text(text, os.environ, "json", source=str(state / LAST), folder=folder)
        return plan_of(loaded, int(kept["revision"]), tuple(kept["excluded"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, ConfigError) as exc:
        log.warning("the last revision cannot be read from %s: %s", state / LAST, exc)
        return None
