"""Sizes that plugins bring: CSV files in the form that ``kfbridge machines --update`` takes."""

from __future__ import annotations

from pathlib import Path

from kfbridge.machines.own import read
from kfbridge.machines.sizes import Size, parse_sizes

_FILES: dict[Path, None] = {}


def register(file: str | Path) -> None:
    """Lay a file's sizes over the package's own tables; a later file over an earlier one. It is read when needed."""
    _FILES[Path(file)] = None


def files() -> tuple[Path, ...]:
    """Every file that was registered, in order."""
    return tuple(_FILES)


def sizes_in(file: Path, provider: str) -> list[Size]:
    """The sizes of one provider in a file.

    Raises:
        RequestError: It cannot be read.
    """
    return [size for size in parse_sizes(read(file), str(file)) if size.provider == provider]
