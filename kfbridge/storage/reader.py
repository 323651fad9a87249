"""An object as a file that is open for reading."""

from __future__ import annotations

import io
from typing import Final

from kfbridge.storage.bucket import Bucket, Stat
from kfbridge.storage.download import read_version
from kfbridge.storage.retry import Patience

_CHUNK: Final = 4 << 20  # bytes in a request


class ObjectReader(io.RawIOBase):
    """Reads one version of an object in chunks, each tried again where that helps.

    Args:
        bucket: Where it lies.
        stat: What it is.
        patience: How long a chunk is tried again.
    """

    def __init__(self, bucket: Bucket, stat: Stat, patience: Patience) -> None:
        self.name = bucket.uri(stat.key)
        self._bucket = bucket
        self._stat = stat
        self._patience = patience
        self._position = 0
        self._chunk = b""
        self._chunk_start = 0

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
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._stat.size}[whence]
        if base + offset < 0:
            raise ValueError("a position before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as the chunk at hand goes."""
        inside = self._position - self._chunk_start
        if not 0 <= inside < len(self._chunk):
            self._fetch()
            inside = 0
        data = self._chunk[inside : inside + len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _fetch(self) -> None:
        start, stat = self._position, self._stat
        end = min(start + _CHUNK, stat.size)
        self._chunk_start = start
        self._chunk = b""
        if start < end:
            self._chunk = self._patience.call(lambda: read_version(self._bucket, stat, start, end))
