"""What a worker holds, told by itself: a node for the configurations of the proofs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any


async def state(value: Any, context: Any) -> dict[str, int]:  # noqa: ARG001 - what a node is given
    """Its process id, its tasks, and its open descriptors."""
    descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir())  # noqa: ASYNC240 - the kernel does not block
    return {"pid": os.getpid(), "tasks": len(asyncio.all_tasks()), "descriptors": descriptors}


async def process(value: Any, context: Any) -> int:  # noqa: ARG001 - what a node is given
    """Its process id."""
    return os.getpid()
