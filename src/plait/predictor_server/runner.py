"""One inference at a time: small ones on the loop, others in one thread beside it."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

from plait.errors import Internal, Overloaded, PlaitError
from plait.predictor_server.model import Model, Rows
from plait.types import Started

INLINE_SECONDS = 0.0003
WAITING = 256

_MOST_ROWS = 4096
_log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who waits for predictions: hears exactly once, unless it cancels before."""

    def answered(self, predictions: list[Any]) -> None: ...

    def failed(self, error: PlaitError) -> None: ...


class Runner:
    """Runs a model.

    Handing work to a thread and back costs about 90 µs of CPU, several times what a small model takes (17 µs for a row of the Iris
    classifiers). So a request of few rows is answered where it stands, as long as that cannot hold up the others noticeably.

    Args:
        model: What predicts.
        inline_rows: Up to so many rows are predicted on the loop.
        waiting: How many requests may wait for their turn; further ones are refused.
    """

    def __init__(self, model: Model, inline_rows: int, waiting: int = WAITING) -> None:
        self._model = model
        self._inline_rows = inline_rows
        self._most_waiting = waiting
        self._waiting: dict[_Work, None] = {}
        self._busy = False
        self._thread = ThreadPoolExecutor(1, "predict")

    def start(self, rows: Rows, listener: Listener) -> Started:
        """Predict as soon as what came before is done.

        Raises:
            Overloaded: If too much came before.
        """
        work = _Work(self, rows, listener)
        if self._busy:
            if len(self._waiting) >= self._most_waiting:
                raise Overloaded(f"{self._most_waiting} requests are waiting for the model already")
            self._waiting[work] = None
        elif len(rows) <= self._inline_rows:
            work.end(predict(self._model, rows))
        else:
            self._send(work)
        return work

    def drop(self, work: _Work) -> None:
        """Take out what nobody waits for any more; what has begun runs to its end."""
        self._waiting.pop(work, None)

    def close(self) -> None:
        """Forget what waits, and let the thread finish."""
        self._waiting.clear()
        self._thread.shutdown(cancel_futures=True)

    def _send(self, work: _Work) -> None:
        loop = asyncio.get_running_loop()
        self._busy = True

        def done(future: Future[list[Any] | PlaitError]) -> None:
            with suppress(RuntimeError):  # the loop has closed: nobody is left to hear it
                loop.call_soon_threadsafe(self._ended, work, future.result())

        self._thread.submit(predict, self._model, work.rows).add_done_callback(done)

    def _ended(self, work: _Work, result: list[Any] | PlaitError) -> None:
        self._busy = False
        # What has waited stays off the loop, however small: many in a row would hold it up.
        following = next(iter(self._waiting), None)
        if following is not None:
            del self._waiting[following]
            self._send(following)
        work.end(result)


class _Work:
    """Rows on their way through the model."""

    __slots__ = ("_listener", "_runner", "rows")

    def __init__(self, runner: Runner, rows: Rows, listener: Listener) -> None:
        self._runner = runner
        self._listener: Listener | None = listener
        self.rows = rows

    def cancel(self) -> None:
        self._listener = None
        self._runner.drop(self)

    def end(self, result: list[Any] | PlaitError) -> None:
        listener, self._listener = self._listener, None
        if listener is None:
            return
        if isinstance(result, PlaitError):
            listener.failed(result)
        else:
            listener.answered(result)


def predict(model: Model, rows: Rows) -> list[Any] | PlaitError:
    """The predictions, one per row, or why there are none."""
    try:
        predictions = model.predict(rows)
    except PlaitError as exc:
        return exc
    except Exception:  # noqa: BLE001 - a model is foreign code: whatever it raises, its server goes on
        _log.exception("the model %s failed on %d rows", model.info.name, len(rows))
        return Internal("the model failed; the predictor's log says why")
    if len(predictions) != len(rows):
        _log.error("the model %s gave %d predictions for %d rows", model.info.name, len(predictions), len(rows))
        return Internal("the model did not answer every row")
    return predictions


def rows_within(model: Model, sample: Rows, seconds: float = INLINE_SECONDS) -> int:
    """How many rows the model answers within `seconds`: a power of two, found by trying; 0 if one takes longer already."""
    count = 1
    while count <= _MOST_ROWS and any(_duration(model, sample[:1] * count) <= seconds for _ in range(3)):
        count *= 2
    return count // 2


def _duration(model: Model, rows: Rows) -> float:
    began = time.perf_counter()
    predict(model, rows)
    return time.perf_counter() - began
