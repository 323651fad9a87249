"""Storage on an object store: files are objects, trees are objects with a manifest that is written last."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kfbridge.storage import names
from kfbridge.storage.base import Entry, Progress, Settings
from kfbridge.storage.bucket import Bucket, Exists, Stat
from kfbridge.storage.download import Download
from kfbridge.storage.faults import missing
from kfbridge.storage.forest import Forest
from kfbridge.storage.lane import Counter, Pool, PooledLane
from kfbridge.storage.neighbour import drafted, writing
from kfbridge.storage.reader import ObjectReader
from kfbridge.storage.retry import Patience
from kfbridge.storage.tree import MANIFEST


class ObjectStorage:
    """Any bucket as a `Storage`.

    Args:
        bucket: The bucket.
        prefix: The key under which the root lies; empty for the whole bucket.
        settings: How many requests at once, and how patient.
    """

    def __init__(self, bucket: Bucket, prefix: str, settings: Settings) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self.settings = settings
        self._patience = Patience(settings.patience)
        self._pool = Pool(settings.parallel, self._patience)
        self._forest = Forest(bucket, self._pool)

    @property
    def uri(self) -> str:
        """See `Storage.uri`."""
        return self._bucket.uri(self._prefix)

    def locate(self, name: str = "") -> str:
        """See `Storage.locate`."""
        return self._bucket.uri(self._key(name))

    def exists(self, name: str = "") -> bool:
        """See `Storage.exists`."""
        key = self._key(name)
        return any(one is not None for one in self._pool.map(self._bucket.stat, (key, key + MANIFEST)))

    def list(self, name: str = "", *, deep: bool = True) -> Iterator[Entry]:
        """See `Storage.list`."""
        key = self._key(name)
        cut = len(self._prefix) + 1 if self._prefix else 0
        for stat in self._forest.stats(f"{key}/" if key else "", deep):
            if not stat.key.endswith(MANIFEST):
                yield Entry(stat.key[cut:], stat.size, stat.modified, stat.checksum, stat.is_folder)

    # One file ----------------------------------------------------------------------------------------

    def put_file(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """See `Storage.put_file`."""
        key = self._key(name)
        with writing(source):
            size = source.stat().st_size
            counter = Counter(progress, 1, size)
            if size > self._bucket.single:
                self._bucket.upload(key, source, size, PooledLane(self._pool, counter))
            else:
                data = source.read_bytes()
                self._patience.call(lambda: self._bucket.write(key, data))
                counter.sent(size)
        counter.file()

    def get_file(self, name: str, target: Path, *, progress: Progress | None = None) -> None:
        """See `Storage.get_file`."""
        stat = self._stat(name)
        counter = Counter(progress, 1, stat.size)
        with drafted(target) as draft:
            Download(self._bucket, self._pool, counter).whole(stat, draft)
        counter.file()

    def open_read(self, name: str) -> BinaryIO:
        """See `Storage.open_read`."""
        return io.BufferedReader(ObjectReader(self._bucket, self._stat(name), self._patience))

    def read_bytes(self, name: str) -> bytes:
        """See `Storage.read_bytes`."""
        key = self._key(name)
        return self._patience.call(lambda: self._bucket.read(key))

    def write_bytes(self, name: str, data: bytes) -> None:
        """See `Storage.write_bytes`."""
        key = self._key(name)
        self._patience.call(lambda: self._bucket.write(key, data))

    def write_new(self, name: str, data: bytes) -> bool:
        """See `Storage.write_new`."""
        key = self._key(name)
        tries = 0

        def write() -> bool:
            nonlocal tries
            tries += 1
            if tries == 1 and self._bucket.stat(key) is not None:
                return False  # not every server knows the condition of the write
            try:
                self._bucket.write(key, data, new=True)
            except Exists:
                return tries > 1 and self._bucket.read(key) == data  # of an earlier try only the answer was lost
            return True

        return self._patience.call(write)

    # Trees -------------------------------------------------------------------------------------------

    def put_tree(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """See `Storage.put_tree`."""
        self._forest.put(source, self._key(name), progress)

    def get_tree(self, name: str, target: Path, *, foreign: bool = False, progress: Progress | None = None) -> None:
        """See `Storage.get_tree`."""
        self._forest.get(self._key(name), target, foreign, progress)

    def put(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """See `Storage.put`."""
        (self.put_tree if source.is_dir() else self.put_file)(source, name, progress=progress)

    def get(self, name: str, target: Path, *, foreign: bool = False, progress: Progress | None = None) -> None:
        """See `Storage.get`."""
        key = self._key(name)
        stat = self._patience.call(lambda: self._bucket.stat(key)) if key else None
        if stat is None:
            self.get_tree(name, target, foreign=foreign, progress=progress)
        else:
            self.get_file(name, target, progress=progress)

    def delete(self, name: str = "") -> None:
        """See `Storage.delete`."""
        self._forest.remove(self._key(name))

    def close(self) -> None:
        """See `Storage.close`."""
        self._pool.close()
        self._bucket.close()

    def _key(self, name: str) -> str:
        where = f"{self.uri}/{name}"
        return names.check_key(names.join(self._prefix, names.check(name, where)), where)

    def _stat(self, name: str) -> Stat:
        key = self._key(name)
        stat = self._patience.call(lambda: self._bucket.stat(key))
        if stat is None:
            self._patience.call(lambda: self._bucket.page(f"{key}/", "", False))  # tells of a bucket that is not there
            raise missing(self._bucket.uri(key))
        return stat
