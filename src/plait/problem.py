"""One thing that is wrong in a configuration."""

from __future__ import annotations


class Problem:
    """One thing that is wrong in a configuration: where, what, and how to mend it."""

    __slots__ = ("column", "hint", "line", "message", "path", "place")

    def __init__(
        self, path: str, message: str, hint: str = "", line: int = 0, column: int = 0, *, place: tuple[str | int, ...] = ()
    ) -> None:
        self.path = path
        self.place = place
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column

    def __str__(self) -> str:
        """One line, also where it quotes what has line ends or other characters that are not seen."""
        what = f"{self.path}: {self.message}" if self.path else self.message
        text = f"{what} ({self.hint})" if self.hint else what
        return text if text.isprintable() else "".join(char if char.isprintable() else "�" for char in text)

    def __repr__(self) -> str:
        return f"Problem({self.path!r}, {self.message!r}, {self.hint!r}, line={self.line})"
