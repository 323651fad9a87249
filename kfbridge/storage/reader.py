"""An object as a file that is open for reading."""

from __future__ import annotations

from typing import Final

from kfbridge.storage.bucket import Bucket, Stat
from kfbridge.storage.chunked import ChunkedReader
from kfbridge.storage.download import read_version
from kfbridge.storage.retry import Patience

_CHUNK: Final = 4 << 20  # bytes in a request


class ObjectReader(ChunkedReader):
    """Reads one version of an object in chunks, each tried again where that helps.

    Args:
        bucket: Where it lies.
        stat: What it is.
        patience: How long a chunk is tried again.
    """

    def __init__(self, bucket: Bucket, stat: Stat, patience: Patience) -> None:
        super().__init__()
        self.name = bucket.uri(stat.key)
        self._bucket = bucket
        self._stat = stat
        self._patience = patience

    def _size(self) -> int:
        return self._stat.size

    def _fetch(self, start: int) -> bytes:
        stat = self._stat
        end = min(start + _CHUNK, stat.size)
        return self._patience.call(lambda: read_version(self._bucket, stat, start, end)) if start < end else b""
