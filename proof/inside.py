"""What a worker holds, told by itself: a node for the configurations of the proofs."""

from __future__ import annotations

import asyncio
import os
from typing import Any


async def state(value: Any, context: Any) -> dict[str, int]:  # noqa: ARG001 - what a node is given
    """Its process id, its tasks, and its open descriptors."""
    return {"pid": os.getpid(), "tasks": len(asyncio.all_tasks()), "descriptors": len(os.listdir("/proc/self/fd"))}
