"""Keeps the documents of a run at a remote root up to date while it is driven here."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from kfbridge.backends.driven.mirror import Mirror
from kfbridge.errors import StorageError
from kfbridge.runs.paths import RunPaths

_EVERY: Final = 1.0  # seconds between two looks at what changed
_BEAT: Final = 15.0  # seconds between two signs of life; others wait for four of them

_PARALLEL: Final = 8  # documents that are sent at once

_Stamp = tuple[int, int]


class Sending:
    """Sends the journal, the record of the run and those of its tasks as they change, in a thread of its own.

    Args:
        mirror: The mirror.
        paths: The run's folder in it.
    """

    def __init__(self, mirror: Mirror, paths: RunPaths) -> None:
        self._mirror = mirror
        self._paths = paths
        self._sent: dict[Path, _Stamp] = {}
        self._next_beat = time.monotonic() + _BEAT
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"kfbridge-send-{paths.folder.name}", daemon=True)

    def start(self) -> None:
        """Send what there is, then go on with that in a thread.

        Raises:
            StorageError: The root cannot be reached, or does not take it.
        """
        self._mirror.begin(self._paths)
        self._mirror.beat(self._paths)
        self._send()
        self._thread.start()

    def finish(self) -> None:
        """Send what is left, and tell that nobody drives the run any more.

        Raises:
            StorageError: The root cannot be reached, or does not take it.
        """
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self._send()
        self._mirror.rest(self._paths)

    def _run(self) -> None:
        while not self._over.wait(_EVERY):
            try:
                self._send()
                self._beat()
            except StorageError:
                continue  # it was tried again for long, and is in the next round; the last one, `finish`, tells

    def _beat(self) -> None:
        if time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + _BEAT
            self._mirror.beat(self._paths)
        if not self._paths.cancel.exists() and self._mirror.is_asked_to_cancel(self._paths):
            self._paths.cancel.touch()

    def _send(self) -> None:
        """Records of tasks after the journal that tells of them, the record of the run last."""
        paths = self._paths
        documents = sorted(paths.task_records.glob("*.json")) if paths.task_records.is_dir() else []
        for path in (paths.spec, paths.journal):
            self._send_changed(path)
        with ThreadPoolExecutor(_PARALLEL) as threads:
            list(threads.map(self._send_changed, filter(self._has_changed, documents)))
        if self._has_changed(paths.record):
            stamp = _stamp(paths.record)
            self._mirror.send_record(paths)
            self._sent[paths.record] = stamp

    def _send_changed(self, path: Path) -> None:
        if path.exists() and self._has_changed(path):
            stamp = _stamp(path)
            self._mirror.send(path)
            self._sent[path] = stamp

    def _has_changed(self, path: Path) -> bool:
        return path.exists() and self._sent.get(path) != _stamp(path)


def _stamp(path: Path) -> _Stamp:
    state = path.stat()
    return state.st_mtime_ns, state.st_size
