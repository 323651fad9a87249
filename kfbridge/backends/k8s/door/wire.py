"""A connection of bytes in both directions, and its simplest kind: the pipes of a process."""

from __future__ import annotations

import os
import select
import threading
import time
from dataclasses import dataclass
from typing import Final, Protocol

STALL: Final = 60.0  # seconds in which not one byte could be written: nobody reads any more
_PIECE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class LastWords:
    """What a process that was to speak the protocol said on its way out.

    Attributes:
        text: The last line of its standard error, or how it ended; empty if it said nothing.
        hopeless: Whether another one like it would end in the same way.
    """

    text: str = ""
    hopeless: bool = False


class Wire(Protocol):
    """Bytes to and from another process. Read and write are called in two threads, each by one at a time.

    Both raise `OSError` where the connection is broken.
    """

    def read(self) -> bytes:
        """What has come, as soon as something has; nothing at the end."""

    def write(self, data: bytes) -> None:
        """Send all of it."""

    def close(self) -> None:
        """Break the connection; a read that waits ends. May be called more than once, in any thread."""

    def last_words(self) -> LastWords:
        """What the other side said beside the protocol, once it has ended."""


class PipeWire:
    """Two pipes as a `Wire`.

    Args:
        source: The file descriptor to read from; its owner closes both, once the wire is no longer used.
        sink: The file descriptor to write to.
    """

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._stop_read, self._stop_write = os.pipe()
        self._stopped = False
        self._closing = threading.Lock()
        os.set_blocking(source, False)
        os.set_blocking(sink, False)

    def read(self) -> bytes:
        """See `Wire.read`."""
        while True:
            select.select([self._source, self._stop_read], [], [])
            self._check()
            try:
                return os.read(self._source, _PIECE)
            except BlockingIOError:
                continue

    def write(self, data: bytes) -> None:
        """See `Wire.write`."""
        view = memoryview(data)
        until = time.monotonic() + STALL
        while view:
            self._check()
            try:
                sent = os.write(self._sink, view)
            except BlockingIOError:
                sent = 0
            if sent:
                view, until = view[sent:], time.monotonic() + STALL
            elif time.monotonic() > until:
                raise TimeoutError(f"nothing could be written for {STALL:.0f} seconds")
            else:
                select.select([self._stop_read], [self._sink], [], 1.0)

    def close(self) -> None:
        """See `Wire.close`; the descriptors stay open, because another thread may be about to use them."""
        with self._closing:
            if not self._stopped:
                self._stopped = True
                os.close(self._stop_write)  # wakes a read that waits

    def last_words(self) -> LastWords:
        """See `Wire.last_words`; pipes carry none."""
        return LastWords()

    def _check(self) -> None:
        if self._stopped:
            raise ConnectionAbortedError("it was closed")


def last_line(text: str) -> str:
    """The last line of a text that has letters: of a traceback, what went wrong."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
