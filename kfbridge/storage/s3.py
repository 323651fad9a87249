"""``s3://`` and ``minio://``: AWS S3, and servers that speak its protocol, through boto3."""

from __future__ import annotations

import base64
import re
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from kfbridge.errors import StorageError, UsageError
from kfbridge.storage import digests
from kfbridge.storage.address import Address
from kfbridge.storage.base import Settings
from kfbridge.storage.bucket import Lane, Stat
from kfbridge.storage.crc import combine
from kfbridge.storage.digests import Checksum
from kfbridge.storage.errors import AccessDeniedError, ObjectMissingError
from kfbridge.storage.extras import need
from kfbridge.storage.faults import cut_off
from kfbridge.storage.parts import part_size, read_part
from kfbridge.storage.s3_client import client_of, endpoint_of
from kfbridge.storage.s3_errors import credentials_of, error_of_code, translated

SINGLE: Final = 8 << 20  # bytes; larger objects go up in parts
_MOST_PARTS: Final = 10_000  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_MOST_KEYS: Final = 1000  # in one DeleteObjects; same page
_CRC32: Final = "kfbridge-crc32"  # in an object's metadata
_MD5: Final = re.compile(r"[0-9a-f]{32}")
_PARTS_MD5: Final = re.compile(r"[0-9a-f]{32}-[0-9]+")


class S3Bucket:
    """A bucket of S3's protocol; see `kfbridge.storage.bucket.Bucket`.

    Args:
        address: Which.
        settings: The endpoint, region and profile, where they are not AWS's own defaults.

    Raises:
        ExtraMissingError: boto3 is not installed.
        UsageError: ``minio://`` without an endpoint.
    """

    single = SINGLE
    batch = _MOST_KEYS

    def __init__(self, address: Address, settings: Settings) -> None:
        need("boto3", "s3", address.uri())
        if address.scheme == "minio" and not endpoint_of(settings):
            raise UsageError(
                "minio:// does not say on which server the bucket is.",
                where=address.uri(),
                remedy="Set endpoint_url in the target's storage settings, or the variable AWS_ENDPOINT_URL_S3.",
            )
        self._address = address
        self._settings = settings
        self._bucket = address.bucket
        self._lock = threading.Lock()
        self._made: Any = None

    def uri(self, key: str) -> str:
        """See `Bucket.uri`."""
        return self._address.uri(key)

    def stat(self, key: str) -> Stat | None:
        """See `Bucket.stat`."""
        try:
            with self._asking(key) as client:
                found = client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        except ObjectMissingError:
            return None
        except AccessDeniedError:
            self.read(key, 0, 1)  # HeadObject has no body that would tell what is denied, and why
            raise
        return _stat(key, found)

    def page(self, prefix: str, token: str, deep: bool) -> tuple[Sequence[Stat], str]:
        """See `Bucket.page`."""
        more = {"ContinuationToken": token} if token else {}
        delimiter = {} if deep else {"Delimiter": "/"}
        with self._asking(prefix) as client:
            found = client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more, **delimiter)
        stats = [_listed(one) for one in found.get("Contents", ())]
        stats += [Stat(one["Prefix"].rstrip("/"), is_folder=True) for one in found.get("CommonPrefixes", ())]
        return sorted(stats, key=lambda stat: stat.key), found.get("NextContinuationToken", "")

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> bytes:
        """See `Bucket.read`."""
        only = {"IfMatch": version} if version else {}
        part = {"Range": f"bytes={start}-{end - 1}"} if end is not None else {}
        with self._asking(key) as client:
            found = client.get_object(Bucket=self._bucket, Key=key, **only, **part)
            data: bytes = found["Body"].read()
        if len(data) != (found["ContentLength"] if end is None else end - start):
            raise cut_off(self.uri(key))
        return data

    def write(self, key: str, data: bytes, *, new: bool = False) -> None:
        """See `Bucket.write`."""
        only = {"IfNoneMatch": "*"} if new else {}
        with self._asking(key) as client:
            client.put_object(
                Bucket=self._bucket, Key=key, Body=data, ContentMD5=_base64(digests.md5(data).digest()), **only
            )

    def upload(self, key: str, path: Path, size: int, lane: Lane) -> None:
        """See `Bucket.upload`: in parts, each with its CRC-32; that of the whole is in the object's metadata, too.

        Not every server keeps checksums, and the metadata go first: the file is read before it is sent.
        """
        part = part_size(size, _MOST_PARTS)
        numbers = range(-(-size // part))
        crcs = lane.map(lambda number: zlib.crc32(read_part(path, number, part, size)), numbers)
        whole = combine((crc, min(part, size - number * part)) for number, crc in enumerate(crcs))
        upload = lane.map(lambda key: self._begin(key, whole), [key])[0]
        try:
            done = lane.map(lambda number: self._part(upload, path, number, part, size, crcs[number], lane), numbers)
            lane.map(lambda parts: self._complete(upload, parts, whole, size), [done])
        except BaseException:
            with suppress(StorageError):  # what is left of it costs storage, so the bucket should not keep it
                self._abort(upload)
            raise

    def remove(self, keys: Sequence[str]) -> None:
        """See `Bucket.remove`."""
        if len(keys) == 1:
            with self._asking(keys[0]) as client:
                client.delete_object(Bucket=self._bucket, Key=keys[0])
            return
        with self._asking(keys[0]) as client:
            objects = [{"Key": key} for key in keys]
            found = client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
        for failed in found.get("Errors", ()):
            raise error_of_code(str(failed.get("Code", "")), 0, self.uri(failed["Key"]), self._chain())

    def close(self) -> None:
        """See `Bucket.close`."""
        with self._lock:
            client, self._made = self._made, None
        if client is not None:
            client.close()

    # Parts -------------------------------------------------------------------------------------------

    def _begin(self, key: str, crc: int) -> dict[str, Any]:
        place = {"Bucket": self._bucket, "Key": key}
        with self._asking(key) as client:
            begun = client.create_multipart_upload(
                **place, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT", Metadata={_CRC32: f"{crc:08x}"}
            )
        return {**place, "UploadId": begun["UploadId"]}

    def _part(
        self, upload: dict[str, Any], path: Path, number: int, part: int, size: int, crc: int, lane: Lane
    ) -> dict[str, Any]:
        """Send one part; gives what the end of the upload tells of it."""
        data = read_part(path, number, part, size)
        if zlib.crc32(data) != crc:
            raise StorageError(f"{path} was changed while it was stored.", where=str(path), remedy="Store it again.")
        with self._asking(upload["Key"]) as client:
            done = client.upload_part(**upload, PartNumber=number + 1, Body=data, ChecksumCRC32=_base64_crc32(crc))
        lane.sent(len(data))
        return {"PartNumber": number + 1, "ETag": done["ETag"], "ChecksumCRC32": _base64_crc32(crc)}

    def _complete(self, upload: dict[str, Any], parts: Sequence[dict[str, Any]], crc: int, size: int) -> None:
        whole = {"ChecksumType": "FULL_OBJECT", "ChecksumCRC32": _base64_crc32(crc)}
        try:
            with self._asking(upload["Key"]) as client:
                client.complete_multipart_upload(**upload, MultipartUpload={"Parts": list(parts)}, **whole)
        except ObjectMissingError:  # NoSuchUpload: an earlier try succeeded, and its answer was lost
            stat = self.stat(upload["Key"])
            if stat is None or stat.size != size:
                raise

    def _abort(self, upload: dict[str, Any]) -> None:
        with self._asking(upload["Key"]) as client:
            client.abort_multipart_upload(**upload)

    # Means -------------------------------------------------------------------------------------------

    @contextmanager
    def _asking(self, key: str) -> Iterator[Any]:
        """The client, for one request about a key; what goes wrong becomes a `StorageError`."""
        with translated(self.uri(key), self._chain):
            yield self._client()

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = client_of(self._settings)
            return self._made

    def _chain(self) -> str:
        """Where the credentials were looked for, or come from."""
        return credentials_of(self._settings.profile)


def _stat(key: str, found: Mapping[str, Any]) -> Stat:
    """What HeadObject tells; its ETag is an MD5 unless the object is encrypted with a key of its own."""
    etag, checksum = found["ETag"], None
    own = {name.lower(): value for name, value in found.get("Metadata", {}).items()}.get(_CRC32)
    if found.get("ChecksumType") == "FULL_OBJECT" and "ChecksumCRC32" in found:
        checksum = Checksum("crc32", base64.b64decode(found["ChecksumCRC32"]).hex())
    elif own:
        checksum = Checksum("crc32", own)
    elif not (str(found.get("ServerSideEncryption", "")).startswith("aws:kms") or "SSECustomerAlgorithm" in found):
        checksum = _of_etag(etag)
    return Stat(key, found["ContentLength"], found["LastModified"].timestamp(), checksum, version=etag)


def _listed(one: Mapping[str, Any]) -> Stat:
    hint = _of_etag(one["ETag"], part_size(one["Size"], _MOST_PARTS))
    return Stat(one["Key"], one["Size"], one["LastModified"].timestamp(), hint=hint, version=one["ETag"])


def _of_etag(etag: str, part: int = 0) -> Checksum | None:
    value = etag.strip('"').lower()
    if _MD5.fullmatch(value):
        return Checksum("md5", value)
    return Checksum(f"md5-parts:{part}", value) if part and _PARTS_MD5.fullmatch(value) else None


def _base64_crc32(value: int) -> str:
    return _base64(value.to_bytes(4, "big"))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
