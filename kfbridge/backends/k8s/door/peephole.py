"""A file behind a door that is open for reading."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any, Final

from kfbridge.backends.k8s.door.attempt import Attempt, persist
from kfbridge.backends.k8s.door.link import Link
from kfbridge.backends.k8s.door.stream import Stream
from kfbridge.errors import StorageError

_CHUNK: Final = 1 << 20  # bytes that are asked for at once


class Peephole(io.RawIOBase):
    """Reads a file that the doorkeeper holds open: a file that takes its name meanwhile is another one.

    Args:
        dial: Gives a connection to the doorkeeper.
        name: The file, as the doorkeeper calls it.
        where: What errors name.
        patience: How long a read is tried again.

    Raises:
        StorageError: There is no such file; or the connection broke, and there was another file of that name after it.
    """

    def __init__(self, dial: Callable[[], Link], name: str, where: str, patience: float) -> None:
        self.name = where
        self._dial = dial
        self._asked = name
        self._patience = patience
        self._stream: Stream | None = None
        self._state: Any = None
        self._position = 0
        self._chunk = b""
        self._chunk_start = 0
        persist(dial, self._look, patience)

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The position, in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position."""
        if whence == os.SEEK_END:
            persist(self._dial, lambda attempt: self._ask(attempt, {}), self._patience)
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._state["size"]}[whence]
        if base + offset < 0:
            raise ValueError("a position before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as the chunk at hand goes."""
        inside = self._position - self._chunk_start
        if not 0 <= inside < len(self._chunk):
            asked = {"at": self._position, "count": _CHUNK}
            self._chunk = persist(self._dial, lambda attempt: self._ask(attempt, asked), self._patience)
            self._chunk_start, inside = self._position, 0
        data = self._chunk[inside : inside + len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Let the doorkeeper close it, too; at some later time, because this may happen while objects are collected."""
        if not self.closed and self._stream is not None:
            self._stream.abandon()
        super().close()

    def _look(self, attempt: Attempt) -> Stream:
        """The stream on which the file is open; the same one for all attempts, unless it breaks."""
        if self._stream is None or attempt.number > 1:
            self._stream = None
            stream = self._dial().open({"op": "read", "name": self._asked})
            state = stream.hear()
            if self._state is not None and state["file"] != self._state["file"]:
                stream.abandon()
                raise StorageError(
                    "It was replaced by another file while it was read.", where=self.name, remedy="Open it again."
                )
            self._stream, self._state = stream, state
        return self._stream

    def _ask(self, attempt: Attempt, asked: Any) -> bytes:
        stream, data = self._look(attempt), b""
        stream.say(asked)
        if asked:
            stream.hear()
            data = stream.read()
        self._state = stream.hear()
        return data
