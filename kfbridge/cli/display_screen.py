"""A few lines at the bottom of a terminal that are redrawn in place, and text that scrolls away above them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TextIO

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
ERASE_LINE, ERASE_BELOW = "\x1b[2K", "\x1b[J"


class Screen:
    """The region; only lines that changed are written again, in one write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn: list[str] = []
        self._size = (0, 0)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns that a drawing may use; one less than there are, so that nothing scrolls or wraps."""
        size = shutil.get_terminal_size()
        return max(2, size.lines - 1), max(10, size.columns - 1)

    def draw(self, lines: Sequence[str], above: Sequence[str] = ()) -> None:
        """Show `lines`, none wider than the terminal; `above` is printed before them and scrolls away."""
        parts: list[str] = []
        if not self._drawn:
            parts.append(HIDE_CURSOR)
        if above or self._size != self.size or len(lines) < len(self._drawn):
            parts += [self._up(), ERASE_BELOW, *(f"{line}\n" for line in above), *(f"{line}\n" for line in lines)]
        else:
            parts += [self._up(), *self._changes(lines)]
        self._drawn, self._size = list(lines), self.size
        self._write("".join(parts))

    def close(self) -> None:
        """Leave the drawing where it is and give the cursor back."""
        if self._drawn:
            self._drawn = []
            self._write(SHOW_CURSOR)

    def clear(self) -> None:
        """Take the drawing away and give the cursor back."""
        if self._drawn:
            text = self._up() + ERASE_BELOW + SHOW_CURSOR
            self._drawn = []
            self._write(text)

    def _changes(self, lines: Sequence[str]) -> list[str]:
        kept = len(self._drawn)
        return [
            "\n" if number < kept and line == self._drawn[number] else f"{ERASE_LINE}{line}\n"
            for number, line in enumerate(lines)
        ]

    def _up(self) -> str:
        return f"\x1b[{len(self._drawn)}F" if self._drawn else ""

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
