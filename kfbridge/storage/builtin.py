"""The kinds of storage that come with kfbridge, registered as a plugin's are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kfbridge.hookspecs import hookimpl
from kfbridge.storage.address import parse

if TYPE_CHECKING:
    from kfbridge.storage.base import Settings, Storage
    from kfbridge.storage.bucket import Bucket


@hookimpl
def kfbridge_register_storage(register: Callable[[str, Any], None]) -> None:
    """Register what is opened by which scheme."""
    for scheme in ("s3", "minio"):
        register(scheme, _open_s3)
    register("gs", _open_gs)
    for scheme in ("az", "wasb", "wasbs", "abfs", "abfss"):
        register(scheme, _open_azure)
    register("file", _open_file)
    register("pvc", _open_pvc)


def _open_file(uri: str, settings: Settings) -> Storage:
    from kfbridge.storage.file import open_file

    return open_file(uri, settings)


def _open_pvc(uri: str, settings: Settings) -> Storage:
    from kfbridge.storage.pvc import open_pvc

    return open_pvc(uri, settings)


def _open_s3(uri: str, settings: Settings) -> Storage:
    from kfbridge.storage import fast
    from kfbridge.storage.objects import ObjectStorage
    from kfbridge.storage.s3 import S3Bucket

    address = parse(uri)
    bucket: Bucket = S3Bucket(address, settings)
    if settings.fast and fast.is_here():
        bucket = fast.FastBucket(bucket, lambda: fast.s3_store(address.bucket, settings))
    return ObjectStorage(bucket, address.key, settings)


def _open_gs(uri: str, settings: Settings) -> Storage:
    from kfbridge.storage.gs import GsBucket
    from kfbridge.storage.objects import ObjectStorage

    address = parse(uri)
    return ObjectStorage(GsBucket(address, settings), address.key, settings)


def _open_azure(uri: str, settings: Settings) -> Storage:
    from kfbridge.storage import fast
    from kfbridge.storage.azure import AzureBucket
    from kfbridge.storage.azure_account import url_of
    from kfbridge.storage.objects import ObjectStorage

    address = parse(uri)
    bucket: Bucket = AzureBucket(address, settings)
    if settings.fast and fast.is_here():
        bucket = fast.FastBucket(bucket, lambda: fast.azure_store(address.bucket, url_of(address, settings)))
    return ObjectStorage(bucket, address.key, settings)
