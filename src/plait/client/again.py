"""Asking again what may be asked twice: after which failures, and after how long."""

from __future__ import annotations

from plait.errors import CutOff, PlaitError, Unreachable
from plait.job_errors import NotYetDurable

PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each further try: enough for a proxy that is started again."""
_LATER = 503


class Tries:
    """How often the same was asked already.

    Args:
        patient: Whether the proxy was there before, and what is asked about goes on without it: then one that is away for a moment,
            or has no room or no store, is asked again too.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self._patient = patient
        self._failed = 0

    def pause(self, error: PlaitError) -> float:
        """Seconds to wait until it is asked again.

        Raises:
            PlaitError: The error itself, where asking again is no use: it is an answer, or it was tried often enough.
        """
        if self._failed == len(PAUSES) or not self._again(error):
            raise error
        self._patient = self._patient or isinstance(error, CutOff)
        self._failed += 1
        return max(PAUSES[self._failed - 1], min(error.retry_after or 0.0, PAUSES[-1]))

    def _again(self, error: PlaitError) -> bool:
        if isinstance(error, NotYetDurable):  # a try before, whose connection broke, is on its way
            return True
        if error.predictor:  # a problem that the proxy told of
            return False
        return isinstance(error, CutOff) or (self._patient and (isinstance(error, Unreachable) or error.status == _LATER))
