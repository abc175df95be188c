"""A stream of parts, line by line: wherever the bytes were cut, and never longer than it may be."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from plait.answer import Answer
from plait.client.part import Part
from plait.client.problems import problem_error
from plait.errors import BadAnswer, PlaitError

_DATA = b"data:"


class _Head(msgspec.Struct, frozen=True):
    """Enough of an event to see which it is."""

    part: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_head = msgspec.json.Decoder(_Head).decode
_decode_part = msgspec.json.Decoder(Part).decode
_decode_answer = msgspec.json.Decoder(Answer).decode


def read_event(line: bytes) -> Part | Answer:
    """One line of a stream: a part, or the answer that ends it.

    Raises:
        PlaitError: The problem that ends the stream, if the line is one.
        BadAnswer: If it is nothing of that.
    """
    event = _event(line)
    if isinstance(event, PlaitError):
        raise event
    return event


def _event(line: bytes) -> Part | Answer | PlaitError:
    try:
        head = _decode_head(line)
        if head.part is not msgspec.UNSET:
            return _decode_part(line)
        if head.result is not msgspec.UNSET:
            return _decode_answer(line)
        return problem_error(line)
    except (ValueError, RecursionError):  # what msgspec says, also of bytes that are no UTF-8
        raise BadAnswer("a line of the stream is no event of plait") from None


class Events:
    """The events of one stream; `answer` is there when it has ended well, `problem` when it ended with one.

    Args:
        most: The bytes that one line may have.
        sse: Whether each event is written as server-sent events are, whose other lines say nothing new.
    """

    def __init__(self, most: int, *, sse: bool = False) -> None:
        self.answer: Answer | None = None
        self.problem: PlaitError | None = None
        self._most = most
        self._sse = sse
        self._begun: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[Part]:
        """The parts that are whole with this piece; what comes after the answer is nobody's.

        Raises:
            PlaitError: The problem that ends the stream.
            BadAnswer: If a line is too long, or no event.
        """
        *ends, rest = piece.split(b"\n")
        for end in ends:
            line = self._line(end)
            if self._sse:
                line = line.removeprefix(_DATA) if line.startswith(_DATA) else b""
            if self.answer is not None or not line.strip():
                continue
            event = _event(line)
            if isinstance(event, PlaitError):
                self.problem = event
                raise event
            if isinstance(event, Answer):
                self.answer = event
            else:
                yield event
        self._keep(rest)

    def end(self) -> None:
        """Hear that nothing more comes.

        Raises:
            BadAnswer: If there is no answer.
        """
        if self.answer is None:
            raise BadAnswer("the stream was cut short: it ended without a result")

    def known(self) -> Answer:
        """The answer.

        Raises:
            RuntimeError: If it has not come.
        """
        if self.answer is None:
            raise RuntimeError("the stream has no answer: it is there when the loop over the parts has come to its end")
        return self.answer

    def _line(self, end: bytes) -> bytes:
        self._keep(end)
        line = b"".join(self._begun)
        self._begun.clear()
        self._size = 0
        return line

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._most:
            raise BadAnswer(f"a line of the stream is longer than {self._most} bytes; see max_bytes of the client")
        self._begun.append(piece)
