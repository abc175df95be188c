"""What stands where an optional node has failed."""

from __future__ import annotations

from plait.types import Message

ABSENT = Message(b"null", complete=False)
"""Null, and known by its identity: a merge that chooses or computes leaves such a branch out."""
