"""What a doorkeeper does with files and trees: the storage of a mounted folder, over streams."""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from kfbridge.backends.k8s.door.stream import Stream
from kfbridge.backends.k8s.door.transfer import Content, Part, part_of, receive, send
from kfbridge.errors import StorageError
from kfbridge.storage import names
from kfbridge.storage.file import FileStorage
from kfbridge.storage.fitting import tidy
from kfbridge.storage.lane import Counter
from kfbridge.storage.neighbour import DRAFT, drafted_folder
from kfbridge.storage.tree import scan

_SHARED: Final = 0o2775  # everyone in the folder's group may write, and what is made in it is of that group
_SILENT: Final = Counter(None, 0, 0)

Request = Mapping[str, Any]


class Shelf:
    """Files and trees of a folder.

    Args:
        store: The folder.

    Raises (every method):
        StorageError: See `kfbridge.storage.errors`; or the connection broke.
        OSError: The file system does not allow it.
    """

    def __init__(self, store: FileStorage) -> None:
        self._store = store

    def get(self, stream: Stream, request: Request) -> None:
        """Send a file."""
        with self._store.open_read(request["name"]) as file:
            self._send(stream, file, {"mode": _mode(file)}, request["have"], request["name"])

    def put(self, stream: Stream, request: Request) -> None:
        """Take a file."""
        target = self._store.path(request["name"])
        draft = self._draft(target, request)
        try:
            self._receive(stream, draft, request)
            draft.replace(target)
        except (StorageError, OSError) as error:
            self._leave(stream, draft, error)
            raise

    def put_new(self, stream: Stream, request: Request) -> None:
        """Take a file unless there is one.

        The draft, of which the file is a link, stays until the client has heard the answer: should that be lost, the
        draft tells that it was this client who wrote the file.
        """
        target = self._store.path(request["name"])
        draft = self._draft(target, request)
        try:
            new = _is_link(draft, target)
            if not new:
                self._receive(stream, draft, request)
                with suppress(FileExistsError):
                    os.link(draft, target)  # unlike a rename, it does not replace what is there
                    new = True
            stream.say({"new": new})
            stream.hear()
            draft.unlink(missing_ok=True)
        except (StorageError, OSError) as error:
            self._leave(stream, draft, error)
            raise

    def get_tree(self, stream: Stream, request: Request) -> None:
        """Send a folder."""
        path = self._store.path(request["name"])
        if not path.is_dir():
            self._store.get_tree(request["name"], path)  # says so
        folder = scan(path)
        told = {name: [leaf.size, leaf.path.stat().st_mode] for name, leaf in folder.files.items()}
        stream.send_document({"files": told, "empty": folder.empty})
        have = stream.hear_document()
        for name, leaf in folder.files.items():
            with leaf.path.open("rb") as file:
                content = Content(file, leaf.size, self._store.locate(names.join(request["name"], name)))
                send(stream, content, {}, have.get(name), _SILENT)

    def put_tree(self, stream: Stream, request: Request) -> None:
        """Take a folder."""
        target = self._store.path(request["name"])
        manifest = stream.hear_document()
        files = {names.check(name, self._store.locate()): found for name, found in manifest["files"].items()}
        with drafted_folder(target) as draft:
            tidy(draft, files, [names.check(name, self._store.locate()) for name in manifest["empty"]])
            parts = {name: part_of(draft / name, size) for name, (size, _) in files.items()}
            stream.send_document({name: part.to_document() for name, part in parts.items() if part.size})
            for name, (_, mode) in files.items():
                part, place = parts[name], draft / name
                with _opened(place) as file:
                    receive(stream, stream.hear(), file, part, self._store.locate(request["name"]), _SILENT)
                place.chmod(_shared(mode))
            stream.hear()  # that this was all: a client that went away meanwhile has not said so

    def delete(self, name: str) -> None:
        """Remove what has that name. The root itself stays where it is mounted."""
        path = self._store.path(name)
        if name or not path.is_dir():
            return self._store.delete(name)
        for one in path.iterdir():
            self._store.delete(one.name)
        try:
            path.rmdir()
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.EACCES, errno.EPERM):
                raise
        return None

    def make_folders(self, folders: Sequence[str]) -> None:
        """Make folders that everyone in their group can write to, and the folders above them likewise."""
        root = self._store.path()
        for name in folders:
            parts = Path(name).parts if self._store.path(name) else ()
            for depth in range(1, len(parts) + 1):
                self._share(root.joinpath(*parts[:depth]), last=depth == len(parts))

    def _share(self, path: Path, *, last: bool) -> None:
        try:
            path.mkdir()
        except FileExistsError:
            if not last:
                return
        if modes.S_IMODE(path.stat().st_mode) & _SHARED != _SHARED:
            path.chmod(_SHARED)
        if modes.S_IMODE(path.stat().st_mode) & _SHARED != _SHARED:
            raise StorageError(
                f"{path} cannot be shared with its group: this user is not in the group {path.stat().st_gid}.",
                where=str(path),
                remedy="Give the folder above it to the group that fs_group names, or set fs_group to its group.",
            )

    def _draft(self, target: Path, request: Request) -> Path:
        """Where an upload is written; the same place for all attempts at it."""
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.with_name(f".{target.name[:50]}.{request['token']}{DRAFT}")

    def _receive(self, stream: Stream, draft: Path, request: Request) -> None:
        part = Part()
        if request["again"]:
            part = part_of(draft)
            stream.say(part.to_document())
        head = stream.hear()
        with _opened(draft) as file:
            receive(stream, head, file, part, self._store.locate(request["name"]), _SILENT)
        if head["mode"] is not None:
            draft.chmod(_shared(head["mode"]))

    def _send(
        self, stream: Stream, file: BinaryIO, head: Mapping[str, Any], have: Mapping[str, Any] | None, name: str
    ) -> None:
        content = Content(file, os.fstat(file.fileno()).st_size, self._store.locate(name))
        send(stream, content, head, have, _SILENT)

    def _leave(self, stream: Stream, draft: Path, error: Exception) -> None:
        """Remove a draft, unless its client may come back for it."""
        if stream.cancelled or not getattr(error, "transient", False):
            draft.unlink(missing_ok=True)


def _opened(path: Path) -> BinaryIO:
    return path.open("r+b" if path.exists() else "w+b")


def _is_link(draft: Path, target: Path) -> bool:
    """Whether an earlier attempt has made `target` of the draft."""
    return draft.exists() and target.exists() and draft.samefile(target)


def _mode(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_mode


def _shared(mode: int) -> int:
    """The permissions of a stored file: the source's, and the owner's for the group.

    The owner is the user of the door. The steps are other users in the same group.
    """
    permissions = modes.S_IMODE(mode) & 0o777 | 0o600
    return permissions | (permissions & 0o700) >> 3
