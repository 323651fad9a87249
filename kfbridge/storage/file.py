"""``file://`` and bare paths: a folder of this machine, or one that it has mounted."""

from __future__ import annotations

import os
import shutil
import stat as modes
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote

from kfbridge.errors import UsageError
from kfbridge.storage import digests, names
from kfbridge.storage.base import Entry, Progress, Settings
from kfbridge.storage.faults import missing
from kfbridge.storage.fitting import tidy
from kfbridge.storage.lane import Counter
from kfbridge.storage.neighbour import DRAFT, draft_of, drafted, drafted_folder, writing
from kfbridge.storage.tree import Leaf, scan

_SCHEME = "file://"


class FileStorage:
    """A folder as a `Storage`; files and trees take their names once they are whole.

    Args:
        folder: The root, absolute.
        scheme: What URIs begin with; empty for bare paths, as the root was given.
    """

    def __init__(self, folder: Path, scheme: str = "") -> None:
        self.folder = folder
        self._scheme = scheme

    @property
    def uri(self) -> str:
        """See `Storage.uri`."""
        return self.locate()

    def locate(self, name: str = "") -> str:
        """See `Storage.locate`."""
        path = str(self.path(name))
        return f"{_SCHEME}{quote(path)}" if self._scheme else path

    def path(self, name: str = "") -> Path:
        """Where `name` is on this machine."""
        return self.folder / names.check(name, str(self.folder)) if name else self.folder

    def exists(self, name: str = "") -> bool:
        """See `Storage.exists`."""
        with writing(self.folder):
            return self.path(name).exists()

    def list(self, name: str = "", *, deep: bool = True) -> Iterator[Entry]:
        """See `Storage.list`."""
        with writing(self.path(name)):
            yield from self._entries(self.path(name), name, deep)

    def _entries(self, folder: Path, prefix: str, deep: bool) -> Iterator[Entry]:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda one: one.name + ("/" if deep and one.is_dir() else ""))
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            name = names.join(prefix, entry.name)
            if entry.name.endswith(DRAFT):
                continue
            try:
                state = entry.stat()
            except FileNotFoundError:
                continue  # it went away, or is a link to nothing
            if modes.S_ISDIR(state.st_mode):
                if deep:
                    yield from self._entries(folder / entry.name, name, deep)
                else:
                    yield Entry(name, is_folder=True)
            elif modes.S_ISREG(state.st_mode):
                yield Entry(name, state.st_size, state.st_mtime)

    # One file ----------------------------------------------------------------------------------------

    def put_file(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """See `Storage.put_file`."""
        _copy(source, self.path(name), progress)

    def get_file(self, name: str, target: Path, *, progress: Progress | None = None) -> None:
        """See `Storage.get_file`."""
        path = self.path(name)
        if not path.is_file():
            raise missing(self.locate(name))
        _copy(path, target, progress)

    def open_read(self, name: str) -> BinaryIO:
        """See `Storage.open_read`."""
        if not self.path(name).is_file():
            raise missing(self.locate(name))
        with writing(self.path(name)):
            return self.path(name).open("rb")

    def read_bytes(self, name: str) -> bytes:
        """See `Storage.read_bytes`."""
        with self.open_read(name) as file, writing(self.path(name)):
            return file.read()

    def write_bytes(self, name: str, data: bytes) -> None:
        """See `Storage.write_bytes`."""
        with drafted(self.path(name)) as draft:
            draft.write_bytes(data)

    def write_new(self, name: str, data: bytes) -> bool:
        """See `Storage.write_new`."""
        target = self.path(name)
        draft = draft_of(target)
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                draft.write_bytes(data)
                os.link(draft, target)  # unlike a rename, it does not replace what is there
            except FileExistsError:
                return False
            finally:
                draft.unlink(missing_ok=True)
        return True

    # Trees -------------------------------------------------------------------------------------------

    def put_tree(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """See `Storage.put_tree`."""
        _copy_tree(source, self.path(name), progress)

    def get_tree(self, name: str, target: Path, *, foreign: bool = False, progress: Progress | None = None) -> None:
        """See `Storage.get_tree`; every folder here is whole."""
        path = self.path(name)
        if not path.is_dir():
            raise missing(self.locate(name))
        _copy_tree(path, target, progress)

    def put(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """See `Storage.put`."""
        (self.put_tree if source.is_dir() else self.put_file)(source, name, progress=progress)

    def get(self, name: str, target: Path, *, foreign: bool = False, progress: Progress | None = None) -> None:
        """See `Storage.get`."""
        if self.path(name).is_dir():
            self.get_tree(name, target, progress=progress)
        else:
            self.get_file(name, target, progress=progress)

    def delete(self, name: str = "") -> None:
        """See `Storage.delete`."""
        path = self.path(name)
        with writing(path):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """See `Storage.close`; there is nothing to give back."""


def open_file(uri: str, settings: Settings) -> FileStorage:
    """The storage of a ``file://`` URI, or of a path.

    Raises:
        UsageError: The URI is of another host.
    """
    del settings  # a folder needs none
    if not uri.lower().startswith(_SCHEME):
        return FileStorage(Path(uri).expanduser().absolute())
    host, slash, path = uri[len(_SCHEME) :].partition("/")
    if host not in ("", "localhost") or not slash:
        raise UsageError(
            f"{uri!r} is not a folder of this machine.", remedy="Write file:///FOLDER, with three slashes."
        )
    return FileStorage(Path("/" + unquote(path)), _SCHEME)


def _copy(source: Path, target: Path, progress: Progress | None) -> None:
    with writing(source):
        counter = Counter(progress, 1, source.stat().st_size)
        with drafted(target) as draft:
            shutil.copyfile(source, draft)
            shutil.copymode(source, draft)
            counter.file(draft.stat().st_size)


def _copy_tree(source: Path, target: Path, progress: Progress | None) -> None:
    folder = scan(source)
    counter = Counter(progress, len(folder.files), folder.size)
    with drafted_folder(target) as draft:
        tidy(draft, folder.files, folder.empty)
        for name, leaf in folder.files.items():
            copy = draft / name
            if not _is_copy(leaf, copy):
                shutil.copyfile(leaf.path, copy)
            shutil.copymode(leaf.path, copy)
            counter.file(leaf.size)


def _is_copy(leaf: Leaf, copy: Path) -> bool:
    """Whether an earlier attempt has copied that very content."""
    if not copy.is_file() or copy.stat().st_size != leaf.size:
        return False
    return digests.of_file(copy) == digests.of_file(leaf.path)
