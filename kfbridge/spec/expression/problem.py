"""What is wrong with an expression, and at which column."""

from __future__ import annotations

from kfbridge.errors import SpecError

_SHOWN = 60


class ExpressionError(SpecError):
    """An expression that cannot be read or evaluated.

    Args:
        reason: What is wrong, without the place.
        text: The whole expression.
        column: Where in `text`, counted from 1; None when the whole of it is meant.
        remedy: What the user can do.
    """

    def __init__(self, reason: str, *, text: str, column: int | None = None, remedy: str | None = None) -> None:
        self.text = text
        self.column = column
        place = f" at column {column} of" if column else " in"
        super().__init__(f"{reason}{place} the expression {shorten(text, column)}", remedy=remedy)

    @property
    def caret(self) -> str:
        """Two lines: the expression, and a caret below the place."""
        return f"{self.text}\n{' ' * ((self.column or 1) - 1)}^"


def shorten(text: str, column: int | None = None) -> str:
    """The expression, or the part of it around `column`, on one line and in backquotes."""
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    if len(line) <= 2 * _SHOWN:
        return f"`{line}`"
    middle = (column or 1) - 1
    start = max(0, middle - _SHOWN)
    end = min(len(line), middle + _SHOWN)
    return f"`{'...' if start else ''}{line[start:end]}{'...' if end < len(line) else ''}`"
