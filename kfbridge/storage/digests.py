"""Checksums of contents, in the forms in which stores tell them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

_CHUNK: Final = 1 << 20


class Checksum(NamedTuple):
    """A checksum: its kind, and its value in lower-case hexadecimal digits.

    Kinds are ``md5``, ``crc32``, ``crc32c`` and ``md5-parts:N``, S3's ETag of an object that came in parts of N bytes:
    the MD5 of the parts' MD5s, with the number of parts behind a hyphen.
    """

    kind: str
    value: str


class _Crc32:
    """`zlib.crc32` with the methods of a hash."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


class _Md5Parts:
    """The hash of S3's multipart ETags."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._parts: list[bytes] = []
        self._part = md5()
        self._room = size

    def update(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            piece, view = view[: self._room], view[self._room :]
            self._part.update(piece)
            self._room -= len(piece)
            if not self._room:
                self._close()

    def hexdigest(self) -> str:
        if self._room < self._size or not self._parts:
            self._close()
        return f"{md5(b''.join(self._parts)).hexdigest()}-{len(self._parts)}"

    def _close(self) -> None:
        self._parts.append(self._part.digest())
        self._part = md5()
        self._room = self._size


def md5(data: bytes = b"") -> Any:
    """An MD5, which stands for no secret here, and so is allowed where security's MD5 is not (FIPS)."""
    return hashlib.md5(data, usedforsecurity=False)


def _crc32c() -> Any:
    import google_crc32c

    return google_crc32c.Checksum()


def _hexdigest(hashed: Any) -> str:
    digest = hashed.hexdigest()
    return digest.decode() if isinstance(digest, bytes) else str(digest)


_KINDS: Final[dict[str, Callable[[], Any]]] = {"md5": md5, "crc32": _Crc32, "crc32c": _crc32c}


def _begin(kind: str) -> Any:
    name, _, size = kind.partition(":")
    return _Md5Parts(int(size)) if name == "md5-parts" else _KINDS[name]()


class Running:
    """The checksum of a content that comes piece by piece.

    Args:
        kind: The kind of checksum.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._hashed = _begin(kind)

    def update(self, data: bytes) -> None:
        """Take the next piece."""
        self._hashed.update(data)

    def checksum(self) -> Checksum:
        """That of all pieces."""
        return Checksum(self._kind, _hexdigest(self._hashed))


def of_bytes(data: bytes, kind: str = "md5") -> Checksum:
    """The checksum of a content."""
    running = Running(kind)
    running.update(data)
    return running.checksum()


def of_file(path: Path, kind: str = "md5") -> Checksum:
    """The checksum of a file.

    Raises:
        OSError: It cannot be read.
    """
    running = Running(kind)
    for chunk in _chunks(path):
        running.update(chunk)
    return running.checksum()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            yield chunk
