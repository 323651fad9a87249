"""Trees on an object store: what is there with the right content is left alone, and the manifest comes last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kfbridge.storage import digests, names
from kfbridge.storage.base import Progress
from kfbridge.storage.bucket import Bucket, Stat
from kfbridge.storage.download import PART, Download
from kfbridge.storage.errors import DamagedError, ObjectMissingError
from kfbridge.storage.faults import missing
from kfbridge.storage.fitting import check_fits, tidy
from kfbridge.storage.lane import Counter, Pool, PooledLane
from kfbridge.storage.neighbour import drafted_folder, writing
from kfbridge.storage.tree import MANIFEST, Kept, Leaf, Manifest, scan


class Forest:
    """The trees of a bucket.

    Args:
        bucket: The bucket.
        pool: For its requests.
    """

    def __init__(self, bucket: Bucket, pool: Pool) -> None:
        self._bucket = bucket
        self._pool = pool

    def stats(self, prefix: str, deep: bool = True) -> Iterator[Stat]:
        """The objects below a prefix, in order of their keys; folders' own objects are passed over."""
        token = ""
        while True:
            stats, token = self._pool.patience.call(lambda: self._bucket.page(prefix, token, deep))  # noqa: B023
            yield from (stat for stat in stats if not stat.key.endswith("/"))
            if not token:
                return

    def remove(self, key: str) -> None:
        """Remove the file and the tree of a key; the tree ceases to be whole first."""
        self._unfinish(key)
        self._remove([stat.key for stat in self.stats(f"{key}/" if key else "")])

    # Up ----------------------------------------------------------------------------------------------

    def put(self, source: Path, key: str, progress: Progress | None) -> None:
        """Store a folder as the tree `key`."""
        folder = scan(source)
        keys = {name: names.check_key(names.join(key, name), self._bucket.uri(key)) for name in folder.files}
        self._unfinish(key)
        there = {stat.key: stat for stat in self.stats(f"{key}/" if key else "")}
        kept = self._put_files(folder.files, keys, there, Counter(progress, len(folder.files), folder.size))
        self._remove(sorted(set(there) - set(keys.values())))
        manifest = Manifest(kept, folder.empty).to_bytes()
        self._pool.patience.call(lambda: self._bucket.write(key + MANIFEST, manifest))

    def _put_files(
        self, files: Mapping[str, Leaf], keys: Mapping[str, str], there: Mapping[str, Stat], counter: Counter
    ) -> dict[str, Kept]:
        lane = PooledLane(self._pool, counter)

        def put(name: str) -> Kept:
            leaf, key = files[name], keys[name]
            with writing(leaf.path):
                if _is_there(leaf, there.get(key)):
                    md5 = digests.of_file(leaf.path)
                    counter.sent(leaf.size)
                elif leaf.size > self._bucket.single:
                    self._bucket.upload(key, leaf.path, leaf.size, lane)
                    md5 = digests.of_file(leaf.path)
                else:
                    data = leaf.path.read_bytes()
                    self._bucket.write(key, data)
                    md5 = digests.of_bytes(data)
                    counter.sent(leaf.size)
            counter.file()
            return Kept(leaf.size, md5, leaf.executable)

        small, large = _split(files, self._bucket.single)
        kept = dict(zip(small, self._pool.map(put, small), strict=True))
        kept.update((name, put(name)) for name in large)  # each of them fills the pool by itself
        return kept

    def _unfinish(self, key: str) -> None:
        """From now on there is no whole tree of that key, and no file."""
        candidates = [key + MANIFEST, *([key] if key else [])]
        found = self._pool.map(self._bucket.stat, candidates)
        self._remove([stat.key for stat in found if stat is not None])

    def _remove(self, keys: Sequence[str]) -> None:
        batches = [keys[start : start + self._bucket.batch] for start in range(0, len(keys), self._bucket.batch)]
        self._pool.map(self._bucket.remove, batches)

    # Down --------------------------------------------------------------------------------------------

    def get(self, key: str, target: Path, foreign: bool, progress: Progress | None) -> None:
        """Bring the tree `key`."""
        manifest = self._manifest(key) or (self._listed(key) if foreign else None)
        if manifest is None:
            raise self._not_whole(key)
        where = self._bucket.uri(key)
        check_fits(manifest.files, where)
        with drafted_folder(target) as draft:
            tidy(draft, manifest.files, manifest.empty)
            try:
                self._get_files(key, manifest.files, draft, progress)
            except ObjectMissingError as error:
                raise DamagedError(
                    f"The tree is not whole: {error.where} is not there.", where=where, remedy="Store it again."
                ) from error

    def _get_files(self, key: str, files: Mapping[str, Kept], draft: Path, progress: Progress | None) -> None:
        counter = Counter(progress, len(files), sum(kept.size for kept in files.values()))
        download = Download(self._bucket, self._pool, counter)

        def get(name: str) -> None:
            kept, target = files[name], draft / name
            if _is_here(target, kept):
                counter.sent(kept.size)
            else:
                stat = Stat(names.join(key, name), kept.size, checksum=kept.checksum)
                (download.small if kept.size <= PART else download.whole)(stat, target)
            if kept.executable:
                target.chmod(target.stat().st_mode | 0o111)
            counter.file()

        small, large = _split(files, PART)
        self._pool.map(get, small)
        for name in large:  # each of them fills the pool by itself
            get(name)

    def _manifest(self, key: str) -> Manifest | None:
        place = key + MANIFEST
        try:
            data = self._pool.patience.call(lambda: self._bucket.read(place))
        except ObjectMissingError:
            return None
        return Manifest.from_bytes(data, self._bucket.uri(place))

    def _listed(self, key: str) -> Manifest | None:
        """What lies below a key, as if it were a whole tree; None if nothing does."""
        cut = len(key) + 1 if key else 0
        where = self._bucket.uri(key)
        files = {
            names.check(stat.key[cut:], where): Kept(stat.size, checksum=stat.checksum)
            for stat in self.stats(f"{key}/" if key else "")
        }
        return Manifest(files) if files else None

    def _not_whole(self, key: str) -> ObjectMissingError | DamagedError:
        where = self._bucket.uri(key)
        if next(self.stats(f"{key}/" if key else ""), None) is None:
            return missing(where)
        return DamagedError(
            "The tree was never written to its end: it has files, and no manifest.",
            where=where,
            remedy="Store it again; what is there already is not sent twice.",
        )


def _split(files: Mapping[str, Leaf] | Mapping[str, Kept], single: int) -> tuple[list[str], list[str]]:
    """The names of small files, and those of large ones."""
    small = [name for name, one in files.items() if one.size <= single]
    return small, [name for name, one in files.items() if one.size > single]


def _is_there(leaf: Leaf, stat: Stat | None) -> bool:
    """Whether the store has that very content."""
    told = (stat.checksum or stat.hint) if stat is not None and stat.size == leaf.size else None
    return told is not None and digests.of_file(leaf.path, told.kind) == told


def _is_here(path: Path, kept: Kept) -> bool:
    """Whether an earlier attempt has brought that very content."""
    if kept.checksum is None or not path.is_file() or path.stat().st_size != kept.size:
        return False
    return digests.of_file(path, kept.checksum.kind) == kept.checksum
