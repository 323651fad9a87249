"""An object into a file: in ranges, several at once, with its checksum compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from kfbridge.storage import digests
from kfbridge.storage.bucket import Bucket, Exists, Stat, StreamingBucket
from kfbridge.storage.errors import DamagedError
from kfbridge.storage.lane import Counter, Pool

PART: Final = 8 << 20  # bytes in a request
_PIECE: Final = 256 << 10  # bytes that are read back at once
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
        self._streams = bucket if isinstance(bucket, StreamingBucket) else None

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

            def bring(start: int) -> tuple[int, bytes | None]:
                end = min(start + PART, stat.size)
                data = self._part(file, stat, start, end)
                self._counter.sent(end - start)
                return start, data

            running = digests.Running(stat.checksum.kind) if stat.checksum else None
            for start, data in self._pool.imap(bring, range(0, stat.size, PART), _AHEAD):
                if running is not None:  # in this thread, while others bring what follows
                    for piece in _read_back(file, start, min(PART, stat.size - start)) if data is None else (data,):
                        running.update(piece)
        finally:
            os.close(file)
        if running is not None and running.checksum() != stat.checksum:
            self._counter.sent(-stat.size)
            raise self._damaged(stat)

    def _part(self, file: int, stat: Stat, start: int, end: int) -> bytes | None:
        """Bring a part into the file; what is returned is in memory anyway."""
        if self._streams is None:
            data = read_version(self._bucket, stat, start, end)
            _write_at(file, data, start)
            return data
        position = start
        try:
            for piece in self._streams.pieces(stat.key, start, end, stat.version):
                _write_at(file, piece, position)
                position += len(piece)
        except Exists:
            raise replaced(self._bucket.uri(stat.key)) from None
        return None

    def _damaged(self, stat: Stat) -> DamagedError:
        return DamagedError(
            "What came is not what was stored: its size or its checksum is another.",
            where=self._bucket.uri(stat.key),
            remedy="It was changed by something else, or is broken there: write it anew.",
        )


def read_version(bucket: Bucket, stat: Stat, start: int, end: int) -> bytes:
    """A part of the content that `stat` tells of.

    Raises:
        DamagedError: There is another content by now.
        StorageError: It could not be read.
    """
    try:
        return bucket.read(stat.key, start, end, stat.version)
    except Exists:
        raise replaced(bucket.uri(stat.key)) from None


def replaced(where: str) -> DamagedError:
    """There is another content than the one that was being read."""
    return DamagedError("It was replaced by something else while it was read.", where=where, remedy="Read it again.")


def _again(work: Callable[[], None]) -> None:
    for left in reversed(range(_TRIES)):
        try:
            return work()
        except DamagedError:
            if not left:
                raise
    return None


def _read_back(file: int, start: int, size: int) -> Iterator[bytes]:
    """What was written there, in pieces."""
    for position in range(start, start + size, _PIECE):
        yield os.pread(file, min(_PIECE, start + size - position), position)


def _write_at(file: int, data: bytes, position: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, position)
        view, position = view[written:], position + written
