"""Where answers begin and end in what a predictor sends."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from plait.testing.faults.fault import Piece


class Framing:
    """Marks the pieces of one connection's answers; of what is no HTTP, every piece counts as an answer."""

    def __init__(self) -> None:
        self._parser: HttpResponseParser | None = HttpResponseParser(self)
        self._first = False
        self._last = False

    def piece(self, data: bytes) -> Piece:
        """The bytes, and whether an answer begins or ends with them."""
        self._first = self._last = self._parser is None
        if self._parser is not None and data:
            try:
                self._parser.feed_data(data)
            except (HttpParserError, HttpParserUpgrade):
                self._parser = None
                self._first = self._last = True
        return Piece(data, self._first, self._last)

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._first = True

    def on_message_complete(self) -> None:
        self._last = True
