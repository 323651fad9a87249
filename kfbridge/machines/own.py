"""The user's own sizes: ``kfbridge-machines.csv`` beside kfbridge.toml, where a whole project shares them."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Final

from kfbridge.errors import RequestError
from kfbridge.machines.csvfile import Row, read_rows
from kfbridge.machines.sizes import COLUMNS, Size, parse_sizes

FILE_NAME: Final = "kfbridge-machines.csv"


def own_state(folder: Path) -> tuple[int, int] | None:
    """What changes whenever the user's file does; None where there is no file."""
    try:
        found = (folder / FILE_NAME).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def own_sizes(folder: Path) -> tuple[list[Size], str]:
    """The user's rows, none where there is no file, and the name of the file for errors.

    Raises:
        RequestError: It cannot be read.
    """
    path = folder / FILE_NAME
    return (parse_sizes(read(path), str(path)) if path.exists() else []), str(path)


def merged(text: str, more: str) -> tuple[str, int, int]:
    """The rows of a file with those of another over them, as the text of a file; how many are new, and changed.

    Cells that the second file leaves empty stay as they are in the first. Both are valid.
    """
    rows = {size.key: row for size, row in _pairs(text)}
    added = changed = 0
    for size, row in _pairs(more):
        before = rows.get(size.key, {})
        after = {**before, **{column: cell for column, cell in row.items() if cell}}
        added += not before
        changed += bool(before) and after != before
        rows[size.key] = after
    return _written(rows.values()), added, changed


def write(path: Path, text: str) -> None:
    """Write the file whole or not at all.

    Raises:
        RequestError: The folder cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritable(path, error) from error
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        beside.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


def _pairs(text: str) -> Iterable[tuple[Size, dict[str, str]]]:
    return zip(parse_sizes(text, ""), map(_cells, read_rows(text)), strict=True) if text else ()


def _cells(row: Row) -> dict[str, str]:
    return {column: row[column] for column in COLUMNS}


def _written(rows: Iterable[dict[str, str]]) -> str:
    out = StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def read(path: Path) -> str:
    """The text of a file with sizes.

    Raises:
        RequestError: It cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")  # spreadsheets put a mark in front
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise RequestError(f"It cannot be read: {reason}.", where=str(path), remedy="Name a CSV file.") from error


def _unwritable(path: Path, error: OSError) -> RequestError:
    return RequestError(
        f"It cannot be written: {error.strerror}.", where=str(path), remedy="Make the folder writable, or name another."
    )
