"""Text as a terminal shows it: columns, harmless characters, times, colours."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Sequence

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])?")
_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}


def width(text: str) -> int:
    """How many columns a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def clip(text: str, columns: int) -> str:
    """The beginning of a text that fits into `columns`, ended by an ellipsis when something is cut."""
    if width(text) <= columns:
        return text
    kept, used = [], 0
    for character in text:
        used += _columns(character)
        if used > columns - 1:
            break
        kept.append(character)
    return "".join(kept) + "…" if columns > 0 else ""


def clean(text: str) -> str:
    """What a step printed, without anything that moves the cursor or changes the terminal.

    Of a line that was overwritten (a progress bar) the last state counts.
    """
    if text.isascii() and text.isprintable():
        return text
    last = text.rstrip("\r").rpartition("\r")[2]
    plain = _ESCAPES.sub("", last).replace("\t", "    ")
    return "".join(character for character in plain if unicodedata.category(character) not in ("Cc", "Cs"))


def duration(seconds: float) -> str:
    """``0.3 s``, ``42 s``, ``3:07 min`` or ``1:02:03 h``."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"


def clock(moment: float) -> str:
    """The local time of day, ``12:03:04``."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


def table_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, each column as wide as its widest cell."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def paint(text: str, colour: str, enabled: bool) -> str:
    """The text in a colour (``red green yellow blue dim bold``), or as it is."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if enabled and colour in _CODES else text


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
