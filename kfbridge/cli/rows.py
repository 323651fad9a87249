"""Tables of text: rows with columns that are as wide as their widest cell."""

from __future__ import annotations

from collections.abc import Sequence

from kfbridge.cli.display_text import width


def columns(rows: Sequence[Sequence[str]], indent: str = "") -> list[str]:
    """A line for each row."""
    widths = [max(width(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    return [
        (indent + "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]
