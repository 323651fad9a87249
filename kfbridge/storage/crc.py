"""The CRC-32 of contents put together from those of their parts, as zlib's ``crc32_combine`` does it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_POLYNOMIAL: Final = 0xEDB88320  # of CRC-32, bits reflected
_BITS: Final = range(32)

_Matrix = tuple[int, ...]  # 32 columns over the field of two elements


def combine(parts: Iterable[tuple[int, int]]) -> int:
    """The CRC-32 of a content, of (CRC-32, bytes) of its parts in order."""
    whole = 0
    for crc, size in parts:
        whole = _times(_zeros(size), whole) ^ crc
    return whole


@lru_cache(maxsize=8)
def _zeros(size: int) -> _Matrix:
    """What `size` zero bytes behind a content do to its CRC."""
    one_bit: _Matrix = (_POLYNOMIAL, *(1 << bit for bit in range(31)))
    power = one_bit
    for _ in range(3):  # a bit, doubled three times, is a byte
        power = _product(power, power)
    found: _Matrix = tuple(1 << bit for bit in _BITS)
    while size:
        if size & 1:
            found = _product(power, found)
        power = _product(power, power)
        size >>= 1
    return found


def _product(first: _Matrix, second: _Matrix) -> _Matrix:
    return tuple(_times(first, column) for column in second)


def _times(matrix: _Matrix, vector: int) -> int:
    found = 0
    for column in matrix:
        if vector & 1:
            found ^= column
        vector >>= 1
    return found
