"""Sizes that a user knows better, taken from a file into the project's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kfbridge.machines.own import FILE_NAME, merged, own_sizes, read, write
from kfbridge.machines.sizes import PROVIDERS, apply_sizes, parse_sizes
from kfbridge.machines.table import shipped_machines


@dataclass(frozen=True, slots=True)
class Update:
    """What an update did: the file that was written, and how many rows are new, changed, and in it now."""

    file: Path
    added: int
    changed: int
    rows: int


def update(file: Path, folder: Path) -> Update:
    """Take the rows of a file into ``kfbridge-machines.csv`` of a folder; all of them, or none.

    Rows about the same size are merged, cell by cell. The project's file is replaced in one step.

    Args:
        file: The new rows, in the same format.
        folder: Where the project's file lies, or will lie.

    Raises:
        RequestError: Either file cannot be read, a row says too little, or the folder cannot be written.
    """
    text, home = read(file), folder / FILE_NAME
    new = parse_sizes(text, str(file))
    before, place = own_sizes(folder)
    for provider in PROVIDERS:
        mine = [[size for size in sizes if size.provider == provider] for sizes in (before, new)]
        apply_sizes(apply_sizes(shipped_machines(provider), mine[0], place), mine[1], str(file))
    whole, added, changed = merged(read(home) if home.exists() else "", text)
    write(home, whole)
    return Update(home, added, changed, whole.count("\n") - 1)
