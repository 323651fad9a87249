"""``gs://``: Google Cloud Storage, through google-cloud-storage; STORAGE_EMULATOR_HOST is honoured by that library."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from kfbridge.storage.address import Address
from kfbridge.storage.base import Settings
from kfbridge.storage.bucket import Lane, Stat
from kfbridge.storage.digests import Checksum
from kfbridge.storage.errors import ObjectMissingError
from kfbridge.storage.extras import need
from kfbridge.storage.faults import cut_off, no_bucket
from kfbridge.storage.gs_errors import translated
from kfbridge.storage.gs_wire import LeftToLibrary, Wire

_SINGLE: Final = 8 << 20  # bytes; larger objects go up by a resumable upload
_CHUNK: Final = 96 << 20  # bytes in a request, held in memory; near the library's own (100 MiB), as each one costs
_TIMEOUT: Final = (10, 60)  # seconds to connect, and between two bytes
_TYPE: Final = "application/octet-stream"


class GsBucket:
    """A bucket of Google Cloud Storage; see `kfbridge.storage.bucket.Bucket`.

    Args:
        address: Which.
        settings: The project, where it is not that of the credentials.

    Raises:
        ExtraMissingError: google-cloud-storage is not installed.
    """

    single = _SINGLE
    batch = 1

    def __init__(self, address: Address, settings: Settings) -> None:
        need("google.cloud.storage", "gcs", address.uri())
        self._address = address
        self._settings = settings
        self._lock = threading.Lock()
        self._made: Any = None
        self._sender: Wire | None = None

    def uri(self, key: str) -> str:
        """See `Bucket.uri`."""
        return self._address.uri(key)

    def stat(self, key: str) -> Stat | None:
        """See `Bucket.stat`."""
        with self._asking(key) as bucket:
            blob = bucket.get_blob(key, timeout=_TIMEOUT, retry=None)
        return None if blob is None else _stat(blob)

    def page(self, prefix: str, token: str, deep: bool) -> tuple[Sequence[Stat], str]:
        """See `Bucket.page`."""
        try:
            with self._asking(prefix) as bucket:
                found = bucket.client.list_blobs(
                    bucket,
                    prefix=prefix or None,
                    page_token=token or None,
                    delimiter=None if deep else "/",
                    timeout=_TIMEOUT,
                    retry=None,
                )
                page = next(found.pages, ())
                stats = [_stat(blob) for blob in page]
        except ObjectMissingError:
            raise no_bucket(self._address.uri("")) from None
        stats += [Stat(folder.rstrip("/"), is_folder=True) for folder in found.prefixes]
        return sorted(stats, key=lambda stat: stat.key), found.next_page_token or ""

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> bytes:
        """See `Bucket.read`."""
        if end is not None and end <= start:
            return b""
        with self._asking(key) as bucket:
            try:
                data = self._wire(bucket).read(key, self.uri(key), (start, end), version)
            except LeftToLibrary:
                data = _read(bucket, key, start, end, version)
        if end is not None and len(data) != end - start:
            raise cut_off(self.uri(key))
        return data

    def pieces(self, key: str, start: int, end: int, version: str) -> Iterator[bytes]:
        """See `StreamingBucket.pieces`."""
        came = 0
        with self._asking(key) as bucket:
            try:
                for piece in self._wire(bucket).pieces(key, self.uri(key), (start, end), version):
                    came += len(piece)
                    yield piece
            except LeftToLibrary:
                data = _read(bucket, key, start, end, version)
                came = len(data)
                yield data
        if came != end - start:
            raise cut_off(self.uri(key))

    def write(self, key: str, data: bytes, *, new: bool = False) -> None:
        """See `Bucket.write`."""
        only = {"if_generation_match": 0} if new else {}
        with self._writing(key) as bucket:
            try:
                self._wire(bucket).write(key, self.uri(key), data, new)
            except LeftToLibrary:
                bucket.blob(key).upload_from_string(
                    data, content_type=_TYPE, checksum="md5", timeout=_TIMEOUT, retry=None, **only
                )

    def upload(self, key: str, path: Path, size: int, lane: Lane) -> None:
        """See `Bucket.upload`: one chunk after the other, which is how the JSON API takes a large object."""
        lane.map(lambda key: self._resumable(key, path, size, lane), [key])

    def _resumable(self, key: str, path: Path, size: int, lane: Lane) -> None:
        from google.cloud.storage.retry import DEFAULT_RETRY

        with path.open("rb") as file, self._writing(key) as bucket:
            counted = _Counted(file, lane)
            bucket.blob(key, chunk_size=_CHUNK).upload_from_file(
                counted,
                size=size,
                content_type=_TYPE,
                checksum="crc32c",
                timeout=_TIMEOUT,
                retry=DEFAULT_RETRY.with_timeout(self._settings.patience),  # a chunk, not all of it again
            )

    def remove(self, keys: Sequence[str]) -> None:
        """See `Bucket.remove`."""
        for key in keys:
            try:
                with self._asking(key) as bucket:
                    bucket.blob(key).delete(timeout=_TIMEOUT, retry=None)
            except ObjectMissingError:
                continue

    def close(self) -> None:
        """See `Bucket.close`."""
        with self._lock:
            bucket, self._made, self._sender = self._made, None, None
        if bucket is not None:
            bucket.client.close()

    @contextmanager
    def _asking(self, key: str) -> Iterator[Any]:
        """The bucket's handle, for one request about a key; what goes wrong becomes a `StorageError`."""
        with translated(self.uri(key)):
            yield self._bucket()

    @contextmanager
    def _writing(self, key: str) -> Iterator[Any]:
        """The same for a request that makes an object: what is not there then is the bucket."""
        try:
            with self._asking(key) as bucket:
                yield bucket
        except ObjectMissingError:
            raise no_bucket(self._address.uri("")) from None

    def _bucket(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = _make_client(self._settings).bucket(self._address.bucket)
            return self._made

    def _wire(self, bucket: Any) -> Wire:
        with self._lock:
            if self._sender is None:
                self._sender = Wire(bucket.client, self._address.bucket, _TIMEOUT)
            return self._sender


class _Counted:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, lane: Lane) -> None:
        self._file = file
        self._lane = lane
        self._told = 0
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        new = self._file.tell() - self._told  # a chunk that is sent again does not count again
        if new > 0:
            self._told += new
            self._lane.sent(new)
        return data


def _make_client(settings: Settings) -> Any:
    from google.cloud import storage
    from requests.adapters import HTTPAdapter

    client = storage.Client(project=settings.project) if settings.project else storage.Client()
    adapter = HTTPAdapter(pool_connections=settings.parallel, pool_maxsize=settings.parallel)
    for scheme in ("https://", "http://"):
        client._http.mount(scheme, adapter)  # there is no public way to let more than ten connections live
    return client


def _read(bucket: Any, key: str, start: int, end: int | None, version: str) -> bytes:
    """What `Wire.read` gives, by the library."""
    part = {"start": start, "end": end - 1} if end is not None else {"start": start}
    only = {"if_generation_match": int(version)} if version else {}
    blob = bucket.blob(key)
    data: bytes = blob.download_as_bytes(raw_download=True, checksum=None, timeout=_TIMEOUT, retry=None, **part, **only)
    return data


def _stat(blob: Any) -> Stat:
    md5, crc32c = blob.md5_hash, blob.crc32c  # objects that were composed have no MD5
    told = ("crc32c", crc32c) if crc32c else ("md5", md5) if md5 else None
    checksum = Checksum(told[0], base64.b64decode(told[1]).hex()) if told else None
    modified = blob.updated.timestamp() if blob.updated else 0.0
    return Stat(blob.name, blob.size or 0, modified, checksum, version=str(blob.generation or ""))
