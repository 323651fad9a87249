"""Transfers under way, a line each: what, how many files, how much of how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kfbridge.backends.base import TransferStatus
from kfbridge.cli.display_text import clean, clip, paint, width
from kfbridge.cli.display_tree import Style

MOST_TRANSFERS: Final = 4  # lines; one more says how many others there are
_UNITS: Final = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def transfer_lines(transfers: Sequence[TransferStatus], columns: int, style: Style) -> list[str]:
    """At most `MOST_TRANSFERS` lines, the oldest first, and one for the rest."""
    shown = transfers if len(transfers) <= MOST_TRANSFERS + 1 else transfers[:MOST_TRANSFERS]
    lines = [_line(one, columns, style) for one in shown]
    if len(shown) < len(transfers):
        lines.append(clip(f" … {len(transfers) - len(shown)} more transfers", columns))
    return lines


def amount(size: int) -> str:
    """``256 MB``, ``1.5 GB``, ``812 B``."""
    for unit, worth in _UNITS:
        if size >= worth:
            return f"{size / worth:.0f} {unit}" if size >= 10 * worth else f"{size / worth:.1f} {unit}"
    return f"{size} B"


def _line(one: TransferStatus, columns: int, style: Style) -> str:
    arrow = ("↑" if one.up else "↓") if style.unicode else ("sent" if one.up else "fetched")
    note = ", ".join(_notes(one))
    room = columns - width(arrow) - 3
    what = clip(clean(one.what), max(room - width(note) - 2, min(room, 8)))
    left = room - width(what) - 2
    body = f"{what}  {paint(clip(note, left), 'dim', style.colour)}" if left > 0 else what
    return f" {paint(arrow, 'blue', style.colour)} {body}"


def _notes(one: TransferStatus) -> list[str]:
    if not one.all_files:
        return ["begins"]
    notes = [f"{amount(one.bytes)} of {amount(one.all_bytes)}"]
    if one.all_files > 1:
        notes.insert(0, f"{one.files:,} of {one.all_files:,} files")
    if one.all_bytes:
        notes.append(f"{100 * one.bytes // one.all_bytes} %")
    return notes
