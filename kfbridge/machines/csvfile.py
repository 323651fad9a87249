"""CSV files with a header, row by row with their line numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from io import StringIO


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column, blanks at their ends removed, and the line on which it starts."""

    cells: dict[str, str]
    line: int

    def __getitem__(self, column: str) -> str:
        """A cell; empty where the file has no such column."""
        return self.cells.get(column, "")


def read_rows(text: str) -> Iterator[Row]:
    """The rows under the header; empty ones are left out, cells beyond the header are under the empty name.

    Raises:
        csv.Error: A quote is not closed, or the text holds a NUL.
    """
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in next(reader, [])]
    line = reader.line_num + 1
    for values in reader:
        cells = {name: value.strip() for name, value in zip(header, values, strict=False)}
        if len(values) > len(header):
            cells[""] = ",".join(values[len(header) :])
        if any(cells.values()):
            yield Row(cells, line)
        line = reader.line_num + 1


def header_of(text: str) -> list[str]:
    """The names of the columns."""
    return [name.strip() for name in next(csv.reader(StringIO(text, newline=""), strict=True), [])]


def shipped(name: str) -> str:
    """The text of a file of the package's ``data`` folder."""
    return resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")
