"""Rules on results: what holds is acted on, while the answer is on its way."""

from plait.rules.ruled import ruled

__all__ = ["ruled"]
