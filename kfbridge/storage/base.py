"""What every kind of storage can do, and the values that pass through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias, runtime_checkable

from kfbridge.storage.digests import Checksum


@dataclass(frozen=True, slots=True)
class Settings:
    """What a target says about its storage; there is no secret among it.

    Attributes:
        endpoint_url: The server of ``s3://`` and ``minio://``, where it is not AWS's own.
        region: The region of ``s3://``.
        profile: The profile of the AWS files whose credentials are used.
        account_url: The account of ``az://container``, as ``https://ACCOUNT.blob.core.windows.net``.
        project: The Google Cloud project of ``gs://``; the credentials' own by default.
        claims: The folder that stands for a volume claim of ``pvc://``, by the claim's name.
        parallel: How many requests are under way at once.
        patience: For how many seconds a request that fails for a passing reason is tried again.
        fast: Whether obstore is used where it is installed.
    """

    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None
    account_url: str | None = None
    project: str | None = None
    claims: Mapping[str, str | Path] = field(default_factory=dict)
    parallel: int = 16
    patience: float = 60.0
    fast: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored file, or a folder in a listing that does not go down.

    Attributes:
        name: Under the storage's root, with ``/`` between folders.
        size: In bytes; 0 for a folder.
        modified: Seconds since the epoch; 0.0 for a folder.
        checksum: What the store tells about the content, if anything.
        is_folder: Whether other names lie below this one.
    """

    name: str
    size: int = 0
    modified: float = 0.0
    checksum: Checksum | None = None
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """How far a transfer is: files and bytes that are through, and how many there are in all."""

    files: int
    bytes: int
    all_files: int
    all_bytes: int


Progress: TypeAlias = Callable[[Transfer], None]
"""Told how far a transfer is, a few times a second and at its end; may be called in other threads, one at a time."""


@runtime_checkable
class Storage(Protocol):
    """A root, and what lies below it; names are relative to the root, ``""`` is the root itself.

    Every method may be called from several threads. All raise `StorageError` (see `kfbridge.storage.errors`);
    what fails for a passing reason has been tried again by then.
    """

    @property
    def uri(self) -> str:
        """The root, without a slash at its end."""

    def locate(self, name: str = "") -> str:
        """The URI of `name`; `open_storage` opens it again."""

    def exists(self, name: str = "") -> bool:
        """Whether there is a file, or a whole tree, of that name."""

    def list(self, name: str = "", *, deep: bool = True) -> Iterator[Entry]:
        """The files below a folder, by name; not `deep`: its own files and folders. Nothing there: nothing comes."""

    def put_file(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """Store a file; whoever looks finds the old one or the whole new one."""

    def get_file(self, name: str, target: Path, *, progress: Progress | None = None) -> None:
        """Bring a file; `target` is replaced once all of it is here and its checksum is right."""

    def put_tree(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """Store a folder; it exists once all of it is stored. What a broken attempt stored is not sent again.

        Links are followed. Empty folders are kept, and so is the permission to execute. What an earlier tree of that
        name had and this one has not is removed.
        """

    def get_tree(self, name: str, target: Path, *, foreign: bool = False, progress: Progress | None = None) -> None:
        """Bring a folder; it takes the name `target` once all of it is here.

        `foreign` takes a folder that others have written, as it is listed. A second attempt brings what is missing.
        """

    def put(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """Store a file or a folder."""

    def get(self, name: str, target: Path, *, foreign: bool = False, progress: Progress | None = None) -> None:
        """Bring what is stored under a name, a file or a folder."""

    def open_read(self, name: str) -> BinaryIO:
        """A file's content, seekable, brought as it is read."""

    def read_bytes(self, name: str) -> bytes:
        """All of a small file."""

    def write_bytes(self, name: str, data: bytes) -> None:
        """Replace a small file in one step."""

    def write_new(self, name: str, data: bytes) -> bool:
        """Write a small file unless there is one; whether it was written.

        Of several that try at once one succeeds, where the store can say so (not all servers of S3's protocol can).
        """

    def delete(self, name: str = "") -> None:
        """Remove the file or the folder of that name, if there is one."""

    def close(self) -> None:
        """Give back threads and connections; another call opens them again."""
