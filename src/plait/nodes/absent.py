"""What stands where a node has no answer of its own, and is known by its identity."""

from __future__ import annotations

from plait.types import Message

ABSENT = Message(b"null", complete=False)
"""An optional node has failed: null, and incomplete. A merge that chooses or computes leaves such a branch out."""

LEFT_OUT = Message(b"null")
"""A node's `when` did not hold: a step passes its input through, a branch is as if it were not there, a choice is passed over."""
