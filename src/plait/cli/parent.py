"""A process that was started by another plait ends with it, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT = "PLAIT_PARENT"
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Ask the kernel (Linux) for SIGTERM when the parent dies, if a plait is the parent."""
    parent = os.environ.pop(PARENT, "")
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        # It died before the kernel was asked.
        sys.exit(1)
