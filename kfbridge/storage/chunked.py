"""A file that is read in chunks from somewhere else."""

from __future__ import annotations

import io
from abc import abstractmethod


class ChunkedReader(io.RawIOBase):
    """Position and seeking over chunks; a subclass says how large the file is and brings them."""

    def __init__(self) -> None:
        self._position = 0
        self._chunk = b""
        self._chunk_start = 0

    @abstractmethod
    def _size(self) -> int:
        """The size of the file, in bytes."""

    @abstractmethod
    def _fetch(self, start: int) -> bytes:
        """Some bytes from a position on; none at the end."""

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The position, in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position."""
        base = self._size() if whence == io.SEEK_END else {io.SEEK_SET: 0, io.SEEK_CUR: self._position}[whence]
        if base + offset < 0:
            raise ValueError("a position before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as the chunk at hand goes."""
        inside = self._position - self._chunk_start
        if not 0 <= inside < len(self._chunk):
            self._chunk = self._fetch(self._position)
            self._chunk_start, inside = self._position, 0
        data = self._chunk[inside : inside + len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
