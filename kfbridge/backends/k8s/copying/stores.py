"""Which storage holds what a URI names: the root's, or one of another bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Final

from kfbridge.storage import Settings, Storage, open_storage, schemes
from kfbridge.storage.address import parse, scheme_of

_MOUNTED: Final = frozenset({"file", "pvc"})  # what pods mount, or have in their image
_OURS: Final = (["artifacts"], ["tasks"])  # the folders of a run in which attempts write: `RunPaths`


@dataclass(frozen=True, slots=True)
class Stored:
    """A place in a storage.

    Attributes:
        storage: The storage.
        name: The name in it.
        own: Whether an attempt of a run wrote it there: whole trees alone, and nothing where it wrote metadata alone.
    """

    storage: Storage
    name: str
    own: bool


class Stores:
    """Storages, each opened when it is first needed.

    Args:
        root: The URI of the artifact root; empty where there is none to be opened.
        settings: How all of them are reached.
    """

    def __init__(self, root: str, settings: Settings) -> None:
        self._root = root.rstrip("/")
        self._settings = settings
        self._opened: dict[str, Storage] = {}
        self._lock = Lock()

    @property
    def root(self) -> Storage:
        """The artifact root.

        Raises:
            UsageError: Nothing opens it.
            StorageError: What opens it is not installed.
        """
        return self._open(self._root)

    def locate(self, name: str) -> str:
        """The URI of a name under the root, as the engine writes it."""
        return f"{self._root}/{name}"

    def find(self, uri: str) -> Stored:
        """Where a URI leads.

        Raises:
            UsageError: Nothing opens it, or it is not complete.
            StorageError: What opens it is not installed.
        """
        if self._root and uri.startswith(f"{self._root}/"):
            name = uri[len(self._root) + 1 :].strip("/")
            return Stored(self.root, name, own=name.split("/")[1:2] in _OURS)
        address = parse(uri)
        return Stored(self._open(address.uri("")), address.key, own=False)

    def _open(self, uri: str) -> Storage:
        with self._lock:
            if uri not in self._opened:
                self._opened[uri] = open_storage(uri, self._settings)
            return self._opened[uri]

    def close(self) -> None:
        """Give back threads and connections."""
        for storage in self._opened.values():
            storage.close()


@contextmanager
def stores_of(root: str, settings: Settings) -> Iterator[Stores]:
    """The storages that one errand needs."""
    stores = Stores(root, settings)
    try:
        yield stores
    finally:
        stores.close()


def is_stored(uri: str) -> bool:
    """Whether a URI is of a store that can be opened, and not of what pods mount."""
    scheme = scheme_of(uri)
    return scheme not in _MOUNTED and scheme in schemes()
