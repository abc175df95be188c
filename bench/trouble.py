"""What a run cannot go on after."""

from __future__ import annotations


class Trouble(Exception):
    """Something that whoever runs the benchmark has to mend; its text says what."""
