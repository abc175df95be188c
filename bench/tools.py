"""The programs that are needed beside Python: nginx with its JavaScript module, and wrk."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from trouble import Trouble

PACKAGES = ("nginx", "libnginx-mod-http-js", "wrk")
# Where Debian has nginx; a user's PATH often lacks it.
ADMIN_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass(frozen=True, slots=True)
class Tools:
    """Where the programs are; the module is None where only the other two are needed."""

    nginx: str
    wrk: str
    js_module: str | None


def find(*, js: bool) -> Tools:
    """Find the programs.

    Raises:
        Trouble: If one is missing, with the command that installs it.
    """
    nginx, wrk = _program("nginx"), _program("wrk")
    module = _js_module(nginx) if nginx and js else None
    wanted = {"nginx": nginx, "wrk": wrk, "nginx's JavaScript module (njs)": module or not js}
    missing = [name for name, found in wanted.items() if not found]
    if missing or nginx is None or wrk is None:
        raise Trouble(f"missing: {', '.join(missing)}. {_how()}")
    return Tools(nginx, wrk, module)


def install() -> None:
    """Install the programs with apt-get.

    Raises:
        Trouble: If this is not root, there is no apt-get, or it fails.
    """
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        raise Trouble(f"--install is for root on Debian and Ubuntu. {_how()}")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update",), ("install", "-y", "--no-install-recommends", *PACKAGES)):
        if subprocess.run((apt, *arguments), check=False, env=environ).returncode:
            raise Trouble(f"apt-get {arguments[0]} failed; what it printed is above")


def version(program: str, flag: str) -> str:
    """The first version number that a program prints."""
    done = subprocess.run((program, flag), capture_output=True, text=True, check=False)
    found = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    return found[0] if found else "unknown"


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *ADMIN_FOLDERS)))


def _js_module(nginx: str) -> str | None:
    built = subprocess.run((nginx, "-V"), capture_output=True, text=True, check=False).stderr
    folder = re.search(r"--modules-path=(\S+)", built)
    path = Path(folder[1] if folder else "/usr/lib/nginx/modules", "ngx_http_js_module.so")
    return str(path) if path.is_file() else None


def _how() -> str:
    return f"On Debian and Ubuntu: sudo apt-get install -y {' '.join(PACKAGES)} (as root, `make bench ARGS=--install` does it)"
