"""What is on its way to or from a store, for whoever shows it while it lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from kfbridge.backends.base import TransferStatus
from kfbridge.storage import Progress, Transfer

_SHOWN: Final = 0.5  # seconds after which a transfer is worth a line; what is small is through by then


@dataclass(frozen=True, slots=True)
class _Entry:
    begun: float
    status: TransferStatus


class Transfers:
    """The transfers under way; each tells its progress from a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[int, _Entry] = {}
        self._next = 0

    @contextmanager
    def following(self, what: str, *, up: bool) -> Iterator[Progress]:
        """Note a transfer while it lasts; what is yielded is to be told how far it is."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._entries[number] = _Entry(time.monotonic(), TransferStatus(what, up))

        def tell(how_far: Transfer) -> None:
            done = TransferStatus(what, up, how_far.files, how_far.bytes, how_far.all_files, how_far.all_bytes)
            with self._lock:
                if number in self._entries:
                    self._entries[number] = replace(self._entries[number], status=done)

        try:
            yield tell
        finally:
            with self._lock:
                del self._entries[number]

    def under_way(self) -> tuple[TransferStatus, ...]:
        """Those that have taken a while, the oldest first."""
        now = time.monotonic()
        with self._lock:
            return tuple(one.status for one in self._entries.values() if now - one.begun >= _SHOWN)
