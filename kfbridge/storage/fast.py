"""obstore in the place of a provider's own library for whole objects, where it is installed: less work for each.

Whatever it cannot do, or fails at, the provider's library does again, and tells what is wrong in its words.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from kfbridge.errors import StorageError
from kfbridge.storage.azure_account import credential_of
from kfbridge.storage.base import Settings
from kfbridge.storage.bucket import Bucket, Lane, Stat
from kfbridge.storage.faults import no_credentials

_LARGEST: Final = 8 << 20  # bytes; the provider's library is as fast for what is larger
_CLIENT: Final = {"timeout": "60s", "connect_timeout": "10s"}
_ONCE: Final = {"max_retries": 0, "retry_timeout": timedelta(seconds=60)}  # tries are counted in one place


def is_here() -> bool:
    """Whether obstore can be imported."""
    return importlib.util.find_spec("obstore") is not None


class FastBucket:
    """A bucket whose whole objects go through obstore.

    Args:
        plain: The same bucket through the provider's library.
        make: Makes obstore's store for it.
    """

    def __init__(self, plain: Bucket, make: Callable[[], Any]) -> None:
        self._plain = plain
        self._make = make
        self._lock = threading.Lock()
        self._made: Any = None
        self.single = plain.single
        self.batch = plain.batch

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> bytes:
        """See `Bucket.read`."""
        if end is None and not version:
            import obstore

            try:
                found = obstore.get(self._store(), key)
                if found.meta["size"] <= _LARGEST:
                    data = bytes(found.bytes())
                    if len(data) == found.meta["size"]:
                        return data
            except (obstore.exceptions.BaseError, OSError, StorageError):
                return self._plain.read(key)
        return self._plain.read(key, start, end, version)

    def write(self, key: str, data: bytes, *, new: bool = False) -> None:
        """See `Bucket.write`; S3 compares the bytes with the signature, Azure keeps their MD5."""
        if new or not data or len(data) > _LARGEST:
            return self._plain.write(key, data, new=new)
        import obstore

        try:
            obstore.put(self._store(), key, data, use_multipart=False)
        except (obstore.exceptions.BaseError, OSError, StorageError):
            self._plain.write(key, data)
        return None

    def uri(self, key: str) -> str:
        """See `Bucket.uri`."""
        return self._plain.uri(key)

    def stat(self, key: str) -> Stat | None:
        """See `Bucket.stat`."""
        return self._plain.stat(key)

    def page(self, prefix: str, token: str, deep: bool) -> tuple[Sequence[Stat], str]:
        """See `Bucket.page`."""
        return self._plain.page(prefix, token, deep)

    def upload(self, key: str, path: Path, size: int, lane: Lane) -> None:
        """See `Bucket.upload`."""
        self._plain.upload(key, path, size, lane)

    def remove(self, keys: Sequence[str]) -> None:
        """See `Bucket.remove`."""
        self._plain.remove(keys)

    def close(self) -> None:
        """See `Bucket.close`."""
        with self._lock:
            self._made = None
        self._plain.close()

    def _store(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


def s3_store(bucket: str, settings: Settings) -> Any:
    """Obstore's store of a bucket, with the credentials and the region that boto3 finds.

    Raises:
        StorageError: It finds none.
    """
    from obstore.store import S3Store

    from kfbridge.storage.s3_client import endpoint_of, session_of
    from kfbridge.storage.s3_errors import CHAIN, translated

    where = f"s3://{bucket}"
    with translated(where, lambda: CHAIN):
        session = session_of(settings)
        found = session.get_credentials()
    if found is None:
        raise no_credentials(where, CHAIN, "Set those variables, or run: aws configure")
    endpoint = endpoint_of(settings)
    place = {"endpoint": endpoint} if endpoint else {}

    def credentials() -> Mapping[str, Any]:
        frozen = found.get_frozen_credentials()
        soon = datetime.now(timezone.utc) + timedelta(minutes=5)  # boto3 renews them in time, if asked in time
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": soon,
        }

    return S3Store(
        bucket,
        region=session.region_name or "us-east-1",
        virtual_hosted_style_request=not endpoint,
        credential_provider=credentials,
        client_options={**_CLIENT, "allow_http": endpoint.startswith("http://")},
        retry_config=_ONCE,
        **place,
    )


def azure_store(container: str, url: str) -> Any:
    """Obstore's store of a container, with the credentials that azure-storage-blob would use."""
    from obstore.store import AzureStore

    account = url.rstrip("/").rpartition("/")[2].partition(".")[0]
    options = {**_CLIENT, "allow_http": url.startswith("http://")}
    common = {"account_name": account, "endpoint": url, "client_options": options, "retry_config": _ONCE}
    credential = credential_of(url)
    if not isinstance(credential, str):
        return AzureStore(container, credential_provider=lambda: _bearer(credential), **common)
    if "sig=" in credential:
        return AzureStore(container, sas_key=credential.removeprefix("?"), **common)
    return AzureStore(container, account_key=credential, **common)


def _bearer(identity: Any) -> Mapping[str, Any]:
    token = identity.get_token("https://storage.azure.com/.default")
    return {"token": token.token, "expires_at": datetime.fromtimestamp(token.expires_on, timezone.utc)}
