"""The images of which a kubelet has said that they would run as root: known to all runs of a root."""

from __future__ import annotations

import json
import threading
from typing import Final

from kfbridge.backends.k8s.files import Files
from kfbridge.errors import KfbridgeError

_NAME: Final = ".images.json"


class KnownImages:
    """Remembers such images in a small file at the root; without it, each run would learn them anew.

    Args:
        files: The files of the root.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._lock = threading.Lock()

    def read(self) -> frozenset[str]:
        """The images that are known; none where the file is not there or not whole."""
        try:
            data = self._files.read(_NAME)
            found = json.loads(data) if data else {}
            return frozenset(map(str, found.get("root", ())))
        except (KfbridgeError, ValueError, AttributeError):
            return frozenset()  # they are found out again

    def add(self, image: str) -> None:
        """Remember an image; a root that cannot be written forgets it."""
        with self._lock:
            known = self.read() | {image}
            try:
                self._files.write(_NAME, json.dumps({"root": sorted(known)}).encode())
            except KfbridgeError:
                return  # the next run finds it out again
