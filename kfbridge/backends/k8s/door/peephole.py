"""A file behind a door that is open for reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kfbridge.backends.k8s.door.attempt import Attempt, persist
from kfbridge.backends.k8s.door.link import Link
from kfbridge.backends.k8s.door.stream import Stream
from kfbridge.errors import StorageError
from kfbridge.storage.chunked import ChunkedReader

_CHUNK: Final = 1 << 20  # bytes that are asked for at once


class Peephole(ChunkedReader):
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
        super().__init__()
        self.name = where
        self._dial = dial
        self._asked = name
        self._patience = patience
        self._stream: Stream | None = None
        self._state: Any = None
        persist(dial, self._look, patience)

    def _size(self) -> int:
        persist(self._dial, lambda attempt: self._ask(attempt, {}), self._patience)
        return int(self._state["size"])

    def _fetch(self, start: int) -> bytes:
        asked = {"at": start, "count": _CHUNK}
        return persist(self._dial, lambda attempt: self._ask(attempt, asked), self._patience)

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
