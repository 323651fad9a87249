"""The other end of a door: storage on the folder that a pod has mounted, for a client at this process's pipes.

A client starts it in the container of a door (``exec``) and speaks to its standard input and output in frames
(`kfbridge.backends.k8s.door.frame`). One session is one process; it ends with its connection.

A file takes its name when all of it is here and its checksum is right. What an upload that broke had sent stays beside
it under a draft's name, for the client to go on with; a client that dies meanwhile leaves that draft.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

from kfbridge import __version__
from kfbridge.backends.k8s.door.complaint import to_document
from kfbridge.backends.k8s.door.frame import PROTOCOL, Kind
from kfbridge.backends.k8s.door.link import Link
from kfbridge.backends.k8s.door.porter import Room
from kfbridge.backends.k8s.door.shelf import Shelf
from kfbridge.backends.k8s.door.stream import Stream
from kfbridge.backends.k8s.door.wire import PipeWire
from kfbridge.backends.k8s.root import opening
from kfbridge.errors import StorageError
from kfbridge.storage.address import parse
from kfbridge.storage.base import Entry
from kfbridge.storage.neighbour import writing
from kfbridge.storage.pvc import ClaimStorage

_HELLO: Final = 60.0  # seconds in which the client has to say hello
_SETTLE: Final = 5.0  # seconds in which what is being given its name may get it, when the client has gone
_PAGE: Final = 500  # entries of a listing in a page
_LONGEST_READ: Final = 1 << 20
UMASK: Final = 0o002
"""What is made here may be changed by everyone in its group: steps run as users of their own."""

Request = Mapping[str, Any]


class Doorkeeper:
    """Answers the requests of one client.

    Args:
        folder: The artifact root, where it is mounted.
        uri: The artifact root, as the client calls it: errors name that.
    """

    def __init__(self, folder: Path, uri: str) -> None:
        self._folder = folder
        self._uri = uri
        self._store = ClaimStorage(folder, parse(uri))
        self._busy = 0
        self._idle = threading.Condition()
        shelf = Shelf(self._store)
        self._answers: Mapping[str, Callable[[Stream, Request], Any]] = {
            "exists": lambda stream, request: self._store.exists(request["name"]),
            "kind": lambda stream, request: self._kind(request["name"]),
            "delete": lambda stream, request: shelf.delete(request["name"]),
            "make_folders": lambda stream, request: shelf.make_folders(request["names"]),
            "list": self._list,
            "read": self._read,
            "get": shelf.get,
            "put": shelf.put,
            "put_new": shelf.put_new,
            "get_tree": shelf.get_tree,
            "put_tree": shelf.put_tree,
        }

    def serve(self, link: Link, stream: Stream, request: Request) -> None:
        """Answer one request; what goes wrong is told to the client."""
        with self._idle:
            self._busy += 1
        try:
            self._serve(link, stream, request)
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def settle(self, seconds: float) -> None:
        """Wait until no request is under way, at most so long."""
        with self._idle:
            self._idle.wait_for(lambda: not self._busy, seconds)

    def _serve(self, link: Link, stream: Stream, request: Request) -> None:
        try:
            with writing(self._folder):
                kind, document = Kind.DONE, self._answers[request["op"]](stream, request)
        except StorageError as error:
            kind, document = Kind.ERROR, self._told(error)
        except Exception as error:
            link.finish(stream, Kind.ERROR, to_document(_unexpected(error, self._uri)))
            raise
        with suppress(StorageError):  # there is nobody to tell any more
            link.finish(stream, kind, document)

    def _told(self, error: StorageError) -> Any:
        """An error as the client is told it: places in the pod are called as the client calls them."""
        told = to_document(error)
        if isinstance(error.__cause__, PermissionError):
            told["remedy"] = opening(os.getgid())
        for field in ("reason", "where"):
            if told[field]:
                told[field] = told[field].replace(str(self._folder), self._uri)
        return told

    def _kind(self, name: str) -> str:
        path = self._store.path(name)
        return "folder" if path.is_dir() else "file" if path.exists() else ""

    def _list(self, stream: Stream, request: Request) -> None:
        after = request["after"]
        entries = self._store.list(request["name"], deep=request["deep"])
        rest = (_row(entry) for entry in entries if after is None or entry.name > after)
        while rows := list(islice(rest, _PAGE)):
            stream.send_document(rows)
        stream.send_document([])

    def _read(self, stream: Stream, request: Request) -> None:
        with self._store.open_read(request["name"]) as file:
            while True:
                state = os.fstat(file.fileno())
                stream.say({"size": state.st_size, "file": [state.st_dev, state.st_ino]})
                asked = stream.hear()
                if asked.get("count"):
                    data = os.pread(file.fileno(), min(asked["count"], _LONGEST_READ), asked["at"])
                    stream.say({"bytes": len(data)})
                    stream.send(data)


def main(arguments: Sequence[str]) -> None:
    """Answer the client at standard input and output until it goes away."""
    parser = argparse.ArgumentParser(prog="kfbridge.backends.k8s.door.doorkeeper", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="where the artifact root is mounted")
    parser.add_argument("--room", type=Path, required=True, help="the folder of the sessions' locks")
    given = parser.parse_args(arguments)
    os.umask(UMASK)
    sink = os.dup(1)
    os.dup2(2, 1)  # what anything prints must not get between the frames
    link: Link
    keeper: Doorkeeper

    def serve(stream: Stream, request: Any) -> None:
        keeper.serve(link, stream, request)

    link = Link(PipeWire(0, sink), str(given.root), serve)
    try:
        hello = link.greeting(_HELLO)
        same = hello["protocol"] == PROTOCOL  # else the client says so; it has the words for its user
        keeper = Doorkeeper(given.root, hello["root"] if same else "pvc://unknown")
        if same:
            Room(given.room).enter(hello["client"])
        link.greet({"protocol": PROTOCOL, "kfbridge": __version__})
        link.wait()
        keeper.settle(_SETTLE)
    except StorageError as error:  # there was no hello
        print(error.reason, file=sys.stderr, flush=True)
        os._exit(os.EX_TEMPFAIL)
    os._exit(0)  # requests that wait, for a lock or a disk, have nobody to answer


def _row(entry: Entry) -> list[Any]:
    return [entry.name, entry.size, entry.modified, entry.is_folder]


def _unexpected(error: Exception, where: str) -> StorageError:
    return StorageError(
        f"The doorkeeper failed ({type(error).__name__}: {error}).",
        where=where,
        remedy="This is a mistake in kfbridge: report it, with what `kubectl logs` says.",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
