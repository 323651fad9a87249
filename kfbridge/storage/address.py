"""URIs of storage: taken apart as they are written, because ``#``, ``?`` and ``%`` are letters like others in a key."""

from __future__ import annotations

from dataclasses import dataclass

from kfbridge.errors import UsageError


@dataclass(frozen=True, slots=True)
class Address:
    """A place in an object store.

    Attributes:
        scheme: In lower case.
        bucket: The bucket, container or claim.
        key: What lies behind it, without a slash at either end; may be empty.
        host: The account's host, where the URI names it (``CONTAINER@HOST``); else empty.
    """

    scheme: str
    bucket: str
    key: str = ""
    host: str = ""

    def uri(self, key: str | None = None) -> str:
        """The address as a URI; with another key, if one is given."""
        at = f"@{self.host}" if self.host else ""
        path = self.key if key is None else key
        return f"{self.scheme}://{self.bucket}{at}" + (f"/{path}" if path else "")


def scheme_of(uri: str) -> str:
    """The scheme of a URI, in lower case; ``file`` for a bare path."""
    scheme, separator, _ = uri.partition("://")
    return scheme.lower() if separator else "file"


def parse(uri: str) -> Address:
    """Take a URI such as ``s3://bucket/some/key`` apart.

    Raises:
        UsageError: It names no bucket, or its path has an empty part or one that is a dot.
    """
    scheme, _, rest = uri.partition("://")
    authority, _, path = rest.partition("/")
    bucket, _, host = authority.partition("@")
    key = path.strip("/")
    if not bucket:
        raise UsageError(
            f"{uri!r} names no bucket.", remedy=f"Write {scheme or 's3'}://BUCKET/FOLDER, for example in artifact_root."
        )
    if any(part in ("", ".", "..") for part in key.split("/")) and key:
        raise UsageError(f"{uri!r} has an empty part, '.' or '..' in its path.", remedy="Write the path without it.")
    return Address(scheme.lower(), bucket, key, host)
