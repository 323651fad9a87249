"""An object into a file: in ranges, several at once, with its checksum compared."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from kfbridge.storage import digests
from kfbridge.storage.bucket import Bucket, Stat
from kfbridge.storage.errors import DamagedError
from kfbridge.storage.lane import Counter, Pool

PART: Final = 8 << 20  # bytes in a request
_AHEAD: Final = 8  # requests for one object at once; each has its part in memory
_TRIES: Final = 3  # of an object that comes otherwise than it was stored


class Download:
    """Brings objects.

    Args:
        bucket: Where they lie.
        pool: For the requests of one object.
        counter: Hears of the bytes.
    """

    def __init__(self, bucket: Bucket, pool: Pool, counter: Counter) -> None:
        self._bucket = bucket
        self._pool = pool
        self._counter = counter

    def whole(self, stat: Stat, target: Path) -> None:
        """Bring an object, with as many requests as it takes, each of them tried again.

        Raises:
            StorageError: It could not be brought, or came otherwise than it was stored.
            OSError: The file cannot be written.
        """
        if stat.size <= PART:
            self._pool.patience.call(lambda: self.small(stat, target))
        else:
            _again(lambda: self._ranges(stat, target))

    def small(self, stat: Stat, target: Path) -> None:
        """Bring an object in one request; a failed request is not tried again.

        Raises:
            StorageError, OSError: See `whole`.
        """

        def bring() -> None:
            data = self._bucket.read(stat.key)
            if len(data) != stat.size or (
                stat.checksum and digests.of_bytes(data, stat.checksum.kind) != stat.checksum
            ):
                raise self._damaged(stat)
            target.write_bytes(data)

        _again(bring)
        self._counter.sent(stat.size)

    def _ranges(self, stat: Stat, target: Path) -> None:
        file = os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            os.ftruncate(file, stat.size)

            def bring(start: int) -> bytes:
                end = min(start + PART, stat.size)
                data = self._bucket.read(stat.key, start, end, stat.version)
                _write_at(file, data, start)
                self._counter.sent(len(data))
                return data

            running = digests.Running(stat.checksum.kind) if stat.checksum else None
            for data in self._pool.imap(bring, range(0, stat.size, PART), _AHEAD):
                if running is not None:  # in this thread, while others bring what follows
                    running.update(data)
        finally:
            os.close(file)
        if running is not None and running.checksum() != stat.checksum:
            self._counter.sent(-stat.size)
            raise self._damaged(stat)

    def _damaged(self, stat: Stat) -> DamagedError:
        return DamagedError(
            "What came is not what was stored: its size or its checksum is another.",
            where=self._bucket.uri(stat.key),
            remedy="It was changed by something else, or is broken there: write it anew.",
        )


def _again(work: Callable[[], None]) -> None:
    for left in reversed(range(_TRIES)):
        try:
            return work()
        except DamagedError:
            if not left:
                raise
    return None


def _write_at(file: int, data: bytes, position: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, position)
        view, position = view[written:], position + written
