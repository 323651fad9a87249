"""Where the driver reads and writes the files of attempts: a mounted folder, or a store behind a mirror."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from kfbridge.backends.driven.attempt import ABSENT
from kfbridge.backends.driven.mirror import Mirror
from kfbridge.errors import RunError, StorageError
from kfbridge.storage.neighbour import drafted


class Files(Protocol):
    """Files by their names under the artifact root.

    All methods may be called from several threads, and raise `StorageError` or `RunError` when the root cannot be
    reached, read or written.
    """

    def read(self, name: str) -> bytes | None:
        """The content of a file, None where there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file."""

    def make_folders(self, names: Sequence[str]) -> None:
        """Make folders into which every user of the root's group can write; a store of objects has none."""

    def keep_log(self, path: Path, pieces: Iterable[bytes]) -> None:
        """Keep what a step printed, at the place in the run's folder where logs are looked for."""

    def mark_absent(self, names: Iterable[str]) -> None:
        """Mark the artifacts of which only metadata were written, so that their absence is known to be meant."""


class MountedFiles:
    """A root that is mounted here: the driver in the cluster, on a claim.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, name: str) -> bytes | None:
        """See `Files.read`."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(error) from error

    def write(self, name: str, data: bytes) -> None:
        """See `Files.write`."""
        try:
            (self._root / name).write_bytes(data)
        except OSError as error:
            raise _unusable(error) from error

    def replace(self, name: str, data: bytes) -> None:
        """Write a file of which whoever reads it finds the old content or the whole new one."""
        path = self._root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with drafted(path) as draft:
                draft.write_bytes(data)
        except OSError as error:
            raise _unusable(error) from error

    def make_folders(self, names: Sequence[str]) -> None:
        """See `Files.make_folders`; who drives in a cluster has a umask that leaves groups their rights."""
        try:
            for name in names:
                (self._root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(error) from error

    def keep_log(self, path: Path, pieces: Iterable[bytes]) -> None:
        """See `Files.keep_log`."""
        _write_log(path, pieces)

    def mark_absent(self, names: Iterable[str]) -> None:
        """See `Files.mark_absent`."""
        for name in names:
            path = self._root / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.with_name(path.name + ABSENT).touch()


@runtime_checkable
class _Folders(Protocol):
    def make_folders(self, names: Sequence[str]) -> None: ...


class StoredFiles:
    """A root that is reached through a store.

    Args:
        mirror: This machine's copy of it, whose storage is used.
    """

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def read(self, name: str) -> bytes | None:
        """See `Files.read`."""
        storage = self._mirror.storage
        try:
            return storage.read_bytes(name)
        except StorageError:
            if storage.exists(name):
                raise
            return None

    def write(self, name: str, data: bytes) -> None:
        """See `Files.write`."""
        self._mirror.storage.write_bytes(name, data)

    def make_folders(self, names: Sequence[str]) -> None:
        """See `Files.make_folders`."""
        if isinstance(self._mirror.storage, _Folders):
            self._mirror.storage.make_folders(names)

    def keep_log(self, path: Path, pieces: Iterable[bytes]) -> None:
        """See `Files.keep_log`."""
        _write_log(path, pieces)
        self._mirror.send(path)

    def mark_absent(self, names: Iterable[str]) -> None:
        """See `Files.mark_absent`: a store is asked when it matters, and what is not there is made again."""


def _write_log(path: Path, pieces: Iterable[bytes]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise _unusable(error) from error


def _unusable(error: OSError) -> RunError:
    return RunError(
        f"the files of the step cannot be read or written: {error.filename}: {error.strerror}",
        remedy="Free space or give write permission there, then continue with: kfbridge resume",
    )
