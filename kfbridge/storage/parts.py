"""Large files in parts."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

from kfbridge.errors import StorageError

PART: Final = 8 << 20
"""Bytes in a part, as long as that makes not too many of them."""


def part_size(size: int, most: int) -> int:
    """How large the parts of a file of `size` bytes are, if there may be `most` of them; a multiple of `PART`."""
    return max(PART, math.ceil(size / most / PART) * PART)


def read_part(path: Path, number: int, part: int, size: int) -> bytes:
    """Part `number`, from 0, of a file that is `size` bytes long.

    Raises:
        StorageError: The file became shorter.
        OSError: It cannot be read.
    """
    wanted = min(part, size - number * part)
    with path.open("rb", buffering=0) as file:
        data = os.pread(file.fileno(), wanted, number * part)
    if len(data) != wanted:
        raise StorageError(f"{path} became shorter while it was stored.", where=str(path), remedy="Store it again.")
    return data
