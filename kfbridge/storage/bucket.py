"""What a kind of object store has to bring: one bucket, request by request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from kfbridge.storage.digests import Checksum

_T = TypeVar("_T")
_R = TypeVar("_R")


class Exists(Exception):
    """The answer to a condition that does not hold: a write that was to be the first, a read of another version."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What a store tells about an object, or, in a listing that does not go down, about a folder.

    Attributes:
        key: The whole key; of a folder, without a slash at its end.
        size: In bytes.
        modified: Seconds since the epoch.
        checksum: Of the content, if the store tells one that can be computed here.
        hint: A checksum that proves nothing when it differs, as S3's ETag in a listing may be something else.
        version: What names this content (an ETag, a generation), for reading one content in several requests.
        is_folder: Whether it stands for the keys below it.
    """

    key: str
    size: int = 0
    modified: float = 0.0
    checksum: Checksum | None = None
    hint: Checksum | None = None
    version: str = ""
    is_folder: bool = False


class Lane(Protocol):
    """How a bucket carries out a transfer of many requests."""

    def map(self, work: Callable[[_T], _R], items: Sequence[_T]) -> Sequence[_R]:
        """`work` of each item, several at once, each tried again where that helps; the results in order."""

    def sent(self, size: int) -> None:
        """Tell that `size` more bytes are through."""


class Bucket(Protocol):
    """One bucket. Each method is one request, except where it says so.

    Errors are `StorageError`s, transient where another try may help; nothing is tried again in here. All methods may
    be called from several threads.
    """

    @property
    def single(self) -> int:
        """How large an object may be, in bytes, to be sent in one request."""

    @property
    def batch(self) -> int:
        """How many keys `remove` takes at most."""

    def uri(self, key: str) -> str:
        """The URI of a key."""

    def stat(self, key: str) -> Stat | None:
        """What there is at a key."""

    def page(self, prefix: str, token: str, deep: bool) -> tuple[Sequence[Stat], str]:
        """A part of the listing of a prefix, and the token of the next part; ``""`` begins and ends."""

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> bytes:
        """The bytes of an object from `start` to before `end`; of that version alone, where one is given.

        Raises:
            UnreachableError: Fewer came than there are.
            Exists: There is another version.
        """

    def write(self, key: str, data: bytes, *, new: bool = False) -> None:
        """Make or replace an object; the store checks that it got these bytes.

        Raises:
            Exists: It was to be `new`, and there is one.
        """

    def upload(self, key: str, path: Path, size: int, lane: Lane) -> None:
        """Make or replace a large object, in as many requests as it takes; it is there whole, or as it was."""

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects, `batch` at most; those that are not there count as removed."""

    def close(self) -> None:
        """Give back connections."""


@runtime_checkable
class StreamingBucket(Bucket, Protocol):
    """A bucket whose answers are taken as they come: large blocks of fresh memory cost more than a fast network."""

    def pieces(self, key: str, start: int, end: int, version: str) -> Iterator[bytes]:
        """What `Bucket.read` gives, in pieces."""
