"""``az://``, ``wasbs://`` and ``abfss://``: Azure Blob Storage, through azure-storage-blob.

``abfss://`` URIs name an account's endpoint for data lakes; the same account's blob endpoint is used for them.
"""

from __future__ import annotations

import base64
import secrets
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from kfbridge.storage.address import Address
from kfbridge.storage.azure_account import credential_of, url_of
from kfbridge.storage.azure_errors import translated
from kfbridge.storage.base import Settings
from kfbridge.storage.bucket import Lane, Stat
from kfbridge.storage.crc import combine
from kfbridge.storage.digests import Checksum
from kfbridge.storage.errors import ObjectMissingError
from kfbridge.storage.extras import need
from kfbridge.storage.faults import cut_off
from kfbridge.storage.parts import part_size, read_part

_SINGLE: Final = 8 << 20  # bytes; larger blobs go up in blocks
_BLOCK: Final = 1 << 18  # bytes read from a connection at once; what the library takes where it makes the transport
_MOST_BLOCKS: Final = 50_000  # https://learn.microsoft.com/rest/api/storageservices/put-block-list
_CRC32: Final = "kfbridge_crc32"  # in a blob's metadata, whose names are those of C# identifiers


class AzureBucket:
    """A container of Azure Blob Storage; see `kfbridge.storage.bucket.Bucket`.

    Args:
        address: Which.
        settings: The account's URL, where the address does not name it.

    Raises:
        ExtraMissingError: azure-storage-blob or azure-identity is not installed.
        UsageError: Nothing tells the account.
    """

    single = _SINGLE
    batch = 1

    def __init__(self, address: Address, settings: Settings) -> None:
        need("azure.storage.blob", "azure", address.uri())
        self._address = address
        self._settings = settings
        self._url = url_of(address, settings)
        self._lock = threading.Lock()
        self._made: Any = None

    def uri(self, key: str) -> str:
        """See `Bucket.uri`."""
        return self._address.uri(key)

    def stat(self, key: str) -> Stat | None:
        """See `Bucket.stat`."""
        try:
            with self._asking(key) as container:
                return _stat(container.get_blob_client(key).get_blob_properties())
        except ObjectMissingError:
            return None

    def page(self, prefix: str, token: str, deep: bool) -> tuple[Sequence[Stat], str]:
        """See `Bucket.page`."""
        with self._asking(prefix) as container:
            if deep:
                found = container.list_blobs(name_starts_with=prefix or None, include=["metadata"])
            else:
                found = container.walk_blobs(name_starts_with=prefix or None, include=["metadata"], delimiter="/")
            pages = found.by_page(continuation_token=token or None)
            stats = [_stat(one) for one in next(pages, ())]
        return sorted(stats, key=lambda stat: stat.key), pages.continuation_token or ""

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> bytes:
        """See `Bucket.read`."""
        from azure.core import MatchConditions

        if end is not None and end <= start:
            return b""
        part = {"offset": start, "length": end - start} if end is not None else {}
        only = {"etag": version, "match_condition": MatchConditions.IfNotModified} if version else {}
        with self._asking(key) as container:
            stream = container.get_blob_client(key).download_blob(**part, **only)
            data: bytes = stream.readall()
        if len(data) != (stream.size if end is None else end - start):
            raise cut_off(self.uri(key))
        return data

    def write(self, key: str, data: bytes, *, new: bool = False) -> None:
        """See `Bucket.write`."""
        with self._asking(key) as container:
            container.get_blob_client(key).upload_blob(data, overwrite=not new, validate_content=True)

    def upload(self, key: str, path: Path, size: int, lane: Lane) -> None:
        """See `Bucket.upload`: in blocks, and the CRC-32 of the whole in the metadata."""
        part = part_size(size, _MOST_BLOCKS)
        mark = secrets.token_hex(8)  # blocks that another upload left uncommitted are not taken for these

        def send(number: int) -> tuple[str, int, int]:
            data = read_part(path, number, part, size)
            block = base64.b64encode(f"{mark}-{number:06}".encode()).decode()
            with self._asking(key) as container:
                container.get_blob_client(key).stage_block(block, data, length=len(data))
            lane.sent(len(data))
            return block, zlib.crc32(data), len(data)

        done = lane.map(send, range(-(-size // part)))
        crc = combine((crc, length) for _, crc, length in done)
        lane.map(lambda blocks: self._commit(key, blocks, crc), [[block for block, _, _ in done]])

    def _commit(self, key: str, blocks: Sequence[str], crc: int) -> None:
        with self._asking(key) as container:
            container.get_blob_client(key).commit_block_list(list(blocks), metadata={_CRC32: f"{crc:08x}"})

    def remove(self, keys: Sequence[str]) -> None:
        """See `Bucket.remove`."""
        for key in keys:
            try:
                with self._asking(key) as container:
                    container.delete_blob(key, delete_snapshots="include")
            except ObjectMissingError:
                continue

    def close(self) -> None:
        """See `Bucket.close`."""
        with self._lock:
            container, self._made = self._made, None
        if container is not None:
            container.close()

    @contextmanager
    def _asking(self, key: str) -> Iterator[Any]:
        """The container's client, for one request about a key; what goes wrong becomes a `StorageError`."""
        with translated(self.uri(key), self._url):
            yield self._container()

    def _container(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = _make_client(self._url, self._address.bucket, self._settings)
            return self._made


def _make_client(url: str, container: str, settings: Settings) -> Any:
    import requests
    from azure.core.pipeline.transport import RequestsTransport
    from azure.storage.blob import ContainerClient
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=settings.parallel, pool_maxsize=settings.parallel)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return ContainerClient(
        url,
        container,
        credential=credential_of(url),
        transport=RequestsTransport(
            session=session, connection_timeout=10, read_timeout=60, connection_data_block_size=_BLOCK
        ),
        retry_total=0,  # they are tried again in here
    )


def _stat(one: Any) -> Stat:
    if not hasattr(one, "last_modified") or one.get("size") is None:
        return Stat(one.name.rstrip("/"), is_folder=True)
    crc = (one.metadata or {}).get(_CRC32)
    md5 = one.content_settings.content_md5
    checksum = Checksum("crc32", crc) if crc else Checksum("md5", bytes(md5).hex()) if md5 else None
    return Stat(one.name, one.size, one.last_modified.timestamp(), checksum, version=one.etag)
