"""What is wrong with an expression or a template, found while loading."""

from __future__ import annotations

from collections.abc import Sequence

At = tuple[str | int, ...]


class ExpressionError(ValueError):
    """An expression that cannot be taken.

    Args:
        message: One line: what is wrong, with the column where it is known.
        hint: How to mend it; may be empty.
        at: The place within a template; empty for an expression.
    """

    def __init__(self, message: str, hint: str = "", at: At = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.at = at


def is_text(text: str) -> bool:
    """Whether a string can be written as UTF-8: it has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class TemplateErrors(ValueError):
    """Everything that is wrong with a template, each error with its place."""

    def __init__(self, errors: Sequence[ExpressionError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = tuple(errors)
