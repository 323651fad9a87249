"""Storage that a doorkeeper at the other end of a connection looks after."""

from __future__ import annotations

import copy
import io
import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

from kfbridge.backends.k8s.door.attempt import Attempt, persist
from kfbridge.backends.k8s.door.dialler import Dialler
from kfbridge.backends.k8s.door.peephole import Peephole
from kfbridge.backends.k8s.door.transfer import Content, Part, part_of, receive, send
from kfbridge.backends.k8s.door.wire import Wire
from kfbridge.storage import names
from kfbridge.storage.base import Entry, Progress, Settings
from kfbridge.storage.faults import missing
from kfbridge.storage.fitting import check_fits, tidy
from kfbridge.storage.lane import Counter
from kfbridge.storage.neighbour import drafted, drafted_folder, writing
from kfbridge.storage.tree import scan

_BATCH: Final = 200  # folders in a request
_SILENT: Final = Counter(None, 0, 0)
Page: TypeAlias = list[Any]


class LinkedStorage:
    """A `Storage` over a connection, which is made when it is first needed, and anew when it breaks.

    Args:
        connect: Makes a connection to a new doorkeeper.
        root: The URI of the folder that the doorkeeper looks after.
        uri: The root of this storage: that folder, or something below it.
        settings: How patient it is.
    """

    def __init__(self, connect: Callable[[], Wire], root: str, uri: str, settings: Settings) -> None:
        self.settings = settings
        self._root = root.rstrip("/")
        self._prefix = uri.rstrip("/")[len(self._root) :].strip("/")
        self._dialler = Dialler(connect, self._root)
        self._dial = self._dialler.dial

    @property
    def uri(self) -> str:
        """See `Storage.uri`."""
        return self.locate()

    def locate(self, name: str = "") -> str:
        """See `Storage.locate`."""
        return names.join(self._root, self._prefix, names.check(name, self._root))

    def below(self, name: str) -> LinkedStorage:
        """The storage whose root is the file or the folder `name`; it shares this one's connection."""
        found = copy.copy(self)
        found._prefix = self._full(name)
        return found

    def exists(self, name: str = "") -> bool:
        """See `Storage.exists`."""
        return bool(self._ask("exists", name))

    def list(self, name: str = "", *, deep: bool = True) -> Iterator[Entry]:
        """See `Storage.list`; what comes while the connection breaks goes on behind the last entry that came."""
        cut = len(self._prefix) + 1 if self._prefix else 0
        last: str | None = None
        pages: Generator[Page, None, None] | None = None

        def page(attempt: Attempt) -> Page:
            nonlocal pages
            if attempt.number > 1 or pages is None:
                pages = self._pages(self._full(name), deep, last)
            return next(pages)

        try:
            while rows := persist(self._dial, page, self.settings.patience):
                for full, size, modified, is_folder in rows:
                    yield Entry(full[cut:], size, modified, is_folder=is_folder)
                last = rows[-1][0]
        finally:
            if pages is not None:
                pages.close()

    def _pages(self, name: str, deep: bool, after: str | None) -> Generator[Page, None, None]:
        with self._dial().open({"op": "list", "name": name, "deep": deep, "after": after}) as stream:
            while True:
                yield stream.hear_document()

    # One file ----------------------------------------------------------------------------------------

    def put_file(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """See `Storage.put_file`."""
        with writing(source):
            mode = source.stat().st_mode
            with source.open("rb") as file:
                size = source.stat().st_size
                self._put("put", name, Content(file, size, str(source)), {"mode": mode}, progress)

    def get_file(self, name: str, target: Path, *, progress: Progress | None = None) -> None:
        """See `Storage.get_file`."""
        if self._ask("kind", name) != "file":
            raise missing(self.locate(name))
        with drafted(target) as draft, draft.open("w+b") as file:
            mode = self._get(name, file, progress)
            draft.chmod(mode & 0o777 | 0o600)

    def open_read(self, name: str) -> BinaryIO:
        """See `Storage.open_read`."""
        return io.BufferedReader(Peephole(self._dial, self._full(name), self.locate(name), self.settings.patience))

    def read_bytes(self, name: str) -> bytes:
        """See `Storage.read_bytes`."""
        file = io.BytesIO()
        self._get(name, file, None)
        return file.getvalue()

    def write_bytes(self, name: str, data: bytes) -> None:
        """See `Storage.write_bytes`."""
        self._put("put", name, Content(io.BytesIO(data), len(data), self.locate(name)), {"mode": None}, None)

    def write_new(self, name: str, data: bytes) -> bool:
        """See `Storage.write_new`."""
        content = Content(io.BytesIO(data), len(data), self.locate(name))
        full, token = self._full(name), secrets.token_hex(8)

        def work(attempt: Attempt) -> bool:
            stream = attempt.open("put_new", name=full, token=token, again=attempt.number > 1)
            told = stream.hear() if attempt.number > 1 else {}
            if "new" not in told:
                send(stream, content, {"mode": None}, told, _SILENT)
                told = stream.hear()
            stream.say({"heard": True})
            return bool(told["new"])

        return persist(self._dial, work, self.settings.patience)

    # Trees -------------------------------------------------------------------------------------------

    def put_tree(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """See `Storage.put_tree`."""
        folder, full = scan(source), self._full(name)
        files = {one: [leaf.size, leaf.path.stat().st_mode] for one, leaf in folder.files.items()}

        def work(attempt: Attempt) -> None:
            counter = Counter(progress, len(folder.files), folder.size)
            stream = attempt.open("put_tree", name=full)
            stream.send_document({"files": files, "empty": folder.empty})
            have = stream.hear_document()
            for one, leaf in folder.files.items():
                with leaf.path.open("rb") as file:
                    send(stream, Content(file, leaf.size, str(leaf.path)), {}, have.get(one), counter)
                counter.file()
            stream.say({"all": True})
            stream.result()

        with writing(source):
            persist(self._dial, work, self.settings.patience)

    def get_tree(self, name: str, target: Path, *, foreign: bool = False, progress: Progress | None = None) -> None:
        """See `Storage.get_tree`; every folder there is whole."""
        if self._ask("kind", name) != "folder":
            raise missing(self.locate(name))
        with drafted_folder(target) as draft:
            persist(self._dial, lambda attempt: self._get_files(attempt, name, draft, progress), self.settings.patience)

    def _get_files(self, attempt: Attempt, name: str, draft: Path, progress: Progress | None) -> None:
        where = self.locate(name)
        stream = attempt.open("get_tree", name=self._full(name))
        manifest = stream.hear_document()
        files = {names.check(one, where): found for one, found in manifest["files"].items()}
        check_fits(files, where)
        tidy(draft, files, [names.check(one, where) for one in manifest["empty"]])
        parts = {one: part_of(draft / one, size) for one, (size, _) in files.items()}
        stream.send_document({one: part.to_document() for one, part in parts.items() if part.size})
        counter = Counter(progress, len(files), sum(size for size, _ in files.values()))
        for one, (_, mode) in files.items():
            path = draft / one
            with path.open("r+b" if path.exists() else "w+b") as file:
                receive(stream, stream.hear(), file, parts[one], names.join(where, one), counter)
            path.chmod(mode & 0o777 | 0o600)
            counter.file()
        stream.result()

    def put(self, source: Path, name: str, *, progress: Progress | None = None) -> None:
        """See `Storage.put`."""
        (self.put_tree if source.is_dir() else self.put_file)(source, name, progress=progress)

    def get(self, name: str, target: Path, *, foreign: bool = False, progress: Progress | None = None) -> None:
        """See `Storage.get`."""
        (self.get_tree if self._ask("kind", name) == "folder" else self.get_file)(name, target, progress=progress)

    def delete(self, name: str = "") -> None:
        """See `Storage.delete`."""
        self._ask("delete", name)

    def make_folders(self, folders: Sequence[str]) -> None:
        """Make folders that every user in the root's group can write to, whatever the umask of the doorkeeper is.

        Folders above them that are not there yet are made alike. What is there already is left, if it is like that.

        Args:
            folders: Their names, under the root.

        Raises:
            StorageError: They cannot be made, or cannot be given to the group.
        """
        full = [self._full(name) for name in folders]
        for start in range(0, len(full), _BATCH):
            self._make(full[start : start + _BATCH])

    def close(self) -> None:
        """See `Storage.close`."""
        self._dialler.close()

    # -------------------------------------------------------------------------------------------------

    def _full(self, name: str) -> str:
        return names.join(self._prefix, names.check(name, f"{self._root}/{name!r}"))

    def _make(self, folders: Sequence[str]) -> None:
        persist(self._dial, lambda attempt: attempt.ask("make_folders", names=folders), self.settings.patience)

    def _ask(self, op: str, name: str) -> Any:
        full = self._full(name)
        return persist(self._dial, lambda attempt: attempt.ask(op, name=full), self.settings.patience)

    def _put(self, op: str, name: str, content: Content, head: dict[str, Any], progress: Progress | None) -> None:
        full, token = self._full(name), secrets.token_hex(8)

        def work(attempt: Attempt) -> None:
            counter = Counter(progress, 1, content.size)
            stream = attempt.open(op, name=full, token=token, again=attempt.number > 1)
            send(stream, content, head, stream.hear() if attempt.number > 1 else None, counter)
            stream.result()
            counter.file()

        persist(self._dial, work, self.settings.patience)

    def _get(self, name: str, file: BinaryIO, progress: Progress | None) -> int:
        full, where, part = self._full(name), self.locate(name), Part()

        def work(attempt: Attempt) -> int:
            stream = attempt.open("get", name=full, have=part.to_document() if part.size else None)
            head = stream.hear()
            counter = Counter(progress, 1, head["size"])
            receive(stream, head, file, part, where, counter)
            stream.result()
            counter.file()
            return int(head["mode"])

        return persist(self._dial, work, self.settings.patience)
