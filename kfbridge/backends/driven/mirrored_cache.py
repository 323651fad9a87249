"""The cache of a remote artifact root, which every machine that uses the root shares."""

from __future__ import annotations

from kfbridge.backends.driven.mirror import Mirror
from kfbridge.engine.cache import FileCache
from kfbridge.engine.events import Outputs
from kfbridge.errors import StorageError


class MirroredCache(FileCache):
    """A cache whose entries lie at the root, with copies here.

    Args:
        mirror: The mirror.
    """

    def __init__(self, mirror: Mirror) -> None:
        super().__init__(mirror.folder / ".cache", self._is_there)
        self._mirror = mirror

    def lookup(self, fingerprint: str) -> Outputs | None:
        """See `Cache.lookup`; a root that cannot be reached has nothing."""
        path = self.path(fingerprint)
        try:
            if not path.exists() and self._mirror.storage.exists(self._mirror.name(path)):
                self._mirror.storage.get_file(self._mirror.name(path), path)
            return super().lookup(fingerprint)
        except StorageError:
            return None

    def store(self, fingerprint: str, outputs: Outputs) -> None:
        """See `Cache.store`."""
        try:
            super().store(fingerprint, outputs)
            self._mirror.send(self.path(fingerprint))
        except StorageError:
            return  # what is not kept is computed again

    def _is_there(self, uri: str) -> bool:
        path = self._mirror.path(uri)
        return path is None or self._mirror.storage.exists(self._mirror.name(path))
